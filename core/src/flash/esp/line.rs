//! The serial line as the steps of a session see it: one question at a time, each with an end.
//!
//! Answers carry no number and no checksum, so an answer that comes late would pass for the answer
//! to the next question. Whenever one is overdue, the line is therefore *settled* before the question
//! is repeated: a `SYNC`, whose answers can only come after everything that was under way, and then
//! silence.

use std::collections::VecDeque;

use super::boot::BootLog;
use super::command::{Opcode, Request};
use super::reply::{Refusal, Reply};
use super::slip::{Decoder, Found};
use super::{Error, Event, Output, Phase, Traffic};
use crate::Millis;

/// How often a question is asked in all.
const ATTEMPTS: u8 = 3;
/// How many `SYNC`s are spent on settling the line.
const SYNCS: u8 = 5;
/// The ROM answers a `SYNC` that often.
const SYNC_ANSWERS: u8 = 8;
/// Milliseconds without a byte after which the rest of the eight answers is taken to be lost.
const QUIET: u64 = 50;

/// What a step is woken by.
pub(super) enum Wake {
    /// It begins.
    Start,
    /// The answer to its question.
    Answer(Answer),
    /// Its question stayed without an answer, every time.
    Silence(Opcode),
    /// The pause is over.
    Timer,
}

/// An answer, matched to its question.
pub(super) struct Answer {
    pub(super) reply: Reply,
    /// Whether the question had to be asked more than once: the first may have been heard.
    pub(super) repeated: bool,
}

impl Answer {
    /// The answer if the ROM did what it was asked for.
    pub(super) fn done(self, command: Opcode) -> Result<Reply, Error> {
        match self.reply.status {
            Ok(()) => Ok(self.reply),
            Err(reason) => Err(Error::Refused { command, reason }),
        }
    }

    pub(super) fn refusal(&self) -> Option<Refusal> {
        self.reply.status.err()
    }
}

pub(super) struct Line {
    now: Millis,
    decoder: Decoder,
    outputs: VecDeque<Output>,
    waiting: Waiting,
    pub(super) boot_log: BootLog,
    traffic: Traffic,
}

enum Waiting {
    Nothing,
    /// A pause.
    Until(Millis),
    /// For the answer to `SYNC`s while connecting: no repetition, no settling.
    Greeting {
        deadline: Millis,
    },
    Answer {
        question: Question,
        deadline: Millis,
    },
    /// For the first of the eight answers of a `SYNC`.
    Settling {
        question: Question,
        deadline: Millis,
        syncs_left: u8,
    },
    /// For the rest of them, or silence.
    Draining {
        then: Option<Question>,
        deadline: Millis,
        answers_left: u8,
    },
}

struct Question {
    request: Request,
    attempts_left: u8,
}

impl Question {
    /// Whether to ask again after a refusal: the request may have been damaged on its way. But the
    /// ROM's state has changed if it was about a block, and a new beginning is for others to decide.
    fn may_be_repeated(&self) -> bool {
        let opcode = self.request.opcode;
        self.attempts_left > 0 && !matches!(opcode, Opcode::DeflateBegin | Opcode::DeflateData)
    }
}

impl Line {
    pub(super) fn new(now: Millis) -> Self {
        Self {
            now,
            decoder: Decoder::new(),
            outputs: VecDeque::new(),
            waiting: Waiting::Nothing,
            boot_log: BootLog::default(),
            traffic: Traffic::default(),
        }
    }

    /// Asks; ends in [`Wake::Answer`] or [`Wake::Silence`].
    pub(super) fn ask(&mut self, request: Request) {
        self.put(Question {
            request,
            attempts_left: ATTEMPTS - 1,
        });
    }

    /// Sends one `SYNC`; ends in [`Wake::Answer`] with the first of its answers, or in
    /// [`Wake::Silence`].
    pub(super) fn greet(&mut self) {
        let deadline = self.transmit(&Request::sync());
        self.waiting = Waiting::Greeting { deadline };
    }

    /// Lets the other answers of a `SYNC` pass; ends in [`Wake::Timer`].
    pub(super) fn drain(&mut self) {
        let deadline = self.now + QUIET;
        self.waiting = Waiting::Draining {
            then: None,
            deadline,
            answers_left: SYNC_ANSWERS - 1,
        };
    }

    /// Ends in [`Wake::Timer`].
    pub(super) fn pause(&mut self, millis: u64) {
        self.waiting = Waiting::Until(self.now + millis);
    }

    pub(super) fn set_signals(&mut self, dtr: Option<bool>, rts: Option<bool>) {
        self.outputs.push_back(Output::SetSignals { dtr, rts });
    }

    pub(super) fn tell(&mut self, event: Event) {
        self.outputs.push_back(Output::Event(event));
    }

    pub(super) fn tell_phase(&mut self, phase: Phase) {
        self.tell(Event::Phase(phase));
    }

    /// Forgets what is under way, in both directions.
    pub(super) fn clear(&mut self) {
        self.decoder.reset();
        self.outputs.clear();
        self.waiting = Waiting::Nothing;
    }

    /// Ends what is under way, but still says what is to be said.
    pub(super) fn stop(&mut self) {
        self.waiting = Waiting::Nothing;
    }

    pub(super) fn set_now(&mut self, now: Millis) {
        self.now = self.now.max(now);
    }

    /// Takes bytes that arrived. At most one answer comes out of them: what arrived together with it
    /// was sent before the next question was asked.
    pub(super) fn receive(&mut self, bytes: &[u8]) -> Option<Wake> {
        self.traffic.received += bytes.len() as u64;
        let mut wake = None;
        for &byte in bytes {
            let frame = match self.decoder.push(byte) {
                Found::Stray(byte) => {
                    self.boot_log.push(byte);
                    continue;
                }
                Found::Nothing => continue,
                Found::Frame(frame) => Reply::parse(frame),
            };
            if let Some(reply) = frame
                && wake.is_none()
            {
                wake = self.take(reply);
            }
        }
        wake
    }

    /// Looks at the clock.
    pub(super) fn check_deadline(&mut self) -> Option<Wake> {
        if self.deadline().is_none_or(|deadline| self.now < deadline) {
            return None;
        }
        match core::mem::replace(&mut self.waiting, Waiting::Nothing) {
            Waiting::Nothing => None,
            Waiting::Until(_) | Waiting::Draining { then: None, .. } => Some(Wake::Timer),
            Waiting::Greeting { .. } => Some(Wake::Silence(Opcode::Sync)),
            Waiting::Answer { question, .. } => self.settle(question, SYNCS),
            Waiting::Settling {
                question,
                syncs_left,
                ..
            } => self.settle(question, syncs_left),
            Waiting::Draining {
                then: Some(question),
                ..
            } => {
                self.put(question);
                None
            }
        }
    }

    pub(super) fn poll(&mut self) -> Output {
        match self.outputs.pop_front() {
            Some(output) => output,
            None => self.deadline().map_or(Output::Idle, Output::WaitUntil),
        }
    }

    pub(super) fn traffic(&self) -> Traffic {
        self.traffic
    }

    fn put(&mut self, question: Question) {
        let deadline = self.transmit(&question.request);
        self.waiting = Waiting::Answer { question, deadline };
    }

    /// Sends, and says when the answer will be overdue.
    fn transmit(&mut self, request: &Request) -> Millis {
        // What has begun to arrive cannot be the answer.
        self.decoder.reset();
        let frame = request.frame();
        self.traffic.sent += frame.len() as u64;
        self.traffic.turns += 1;
        self.outputs.push_back(Output::Transmit(frame));
        self.now + request.patience
    }

    fn settle(&mut self, question: Question, syncs_left: u8) -> Option<Wake> {
        let (Some(syncs_left), 1..) = (syncs_left.checked_sub(1), question.attempts_left) else {
            return Some(Wake::Silence(question.request.opcode));
        };
        let deadline = self.transmit(&Request::sync());
        self.waiting = Waiting::Settling {
            question,
            deadline,
            syncs_left,
        };
        None
    }

    fn take(&mut self, reply: Reply) -> Option<Wake> {
        let synced = reply.opcode == Opcode::Sync as u8;
        match core::mem::replace(&mut self.waiting, Waiting::Nothing) {
            Waiting::Greeting { .. } if synced => Some(Wake::Answer(Answer {
                reply,
                repeated: false,
            })),
            Waiting::Answer { question, .. } if reply.answers(question.request.opcode) => {
                if reply.status.is_err() && question.may_be_repeated() {
                    return self.settle(question, SYNCS);
                }
                let repeated = question.attempts_left + 1 < ATTEMPTS;
                Some(Wake::Answer(Answer { reply, repeated }))
            }
            Waiting::Settling { mut question, .. } if synced => {
                question.attempts_left -= 1;
                self.waiting = Waiting::Draining {
                    then: Some(question),
                    deadline: self.now + QUIET,
                    answers_left: SYNC_ANSWERS - 1,
                };
                None
            }
            Waiting::Draining {
                then,
                deadline,
                answers_left: answers_left @ 2..,
            } if synced => {
                let answers_left = answers_left - 1;
                self.waiting = Waiting::Draining {
                    then,
                    deadline,
                    answers_left,
                };
                None
            }
            Waiting::Draining { then: None, .. } if synced => Some(Wake::Timer),
            Waiting::Draining {
                then: Some(question),
                ..
            } if synced => {
                self.put(question);
                None
            }
            other => {
                self.waiting = other;
                None
            }
        }
    }

    fn deadline(&self) -> Option<Millis> {
        match self.waiting {
            Waiting::Nothing => None,
            Waiting::Until(deadline)
            | Waiting::Greeting { deadline }
            | Waiting::Answer { deadline, .. }
            | Waiting::Settling { deadline, .. }
            | Waiting::Draining { deadline, .. } => Some(deadline),
        }
    }
}
