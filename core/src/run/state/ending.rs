//! How a run ends: its record, and the journal's last word.

use base64ct::{Base64, Encoding};

use super::{Assignment, Output, Phase, Stage, State, Step, Verdict};
use crate::run::{Outcome, Record};
use crate::{Fault, Now};

impl State {
    /// Written, read back, equal; or already so.
    pub(super) fn pass(&mut self, now: Now) {
        let outcome = if self.unchanged {
            Outcome::PassUnchanged
        } else {
            Outcome::Pass
        };
        self.end(now, outcome, None);
    }

    pub(super) fn fail(&mut self, now: Now, fault: Fault) {
        self.end(now, Outcome::Fail, Some(fault));
    }

    fn end(&mut self, now: Now, outcome: Outcome, fault: Option<Fault>) {
        self.registration = None;
        self.dps_waits = None;
        self.flash_waits = None;
        self.flash = None;
        self.set_phase(now, Phase::Over);
        self.card.decision = None;
        self.card.fault.clone_from(&fault);
        self.record = Some(self.make_record(now, outcome, fault));
        self.key = None;
        self.image = None;
        self.step = Step::Recording;
        self.save_record(now);
    }

    /// The record into the journal. A run that never came to ask DPS leaves no mark there: the board's
    /// own history must not be overwritten by it.
    pub(super) fn save_record(&mut self, now: Now) {
        let Some(record) = &self.record else {
            return;
        };
        let touched = self.csr.is_some() || record.outcome != Outcome::Fail;
        if self.board.is_some() && touched {
            self.journal(now, Stage::Ended);
        } else {
            self.over();
        }
    }

    /// The verdict, once the record is safe.
    pub(super) fn over(&mut self) {
        self.step = Step::Over;
        self.card.decision = None;
        let outcome = self
            .record
            .as_ref()
            .map(|record| record.outcome)
            .unwrap_or_default();
        self.card.verdict = match outcome {
            Outcome::Pass => Verdict::Pass,
            Outcome::PassUnchanged => Verdict::PassUnchanged,
            Outcome::Fail => Verdict::Fail,
        };
        self.out.push_back(Output::Changed);
    }

    /// What is known now. Of a board that was found as it was recorded, that record says the rest.
    pub(super) fn make_record(&self, now: Now, outcome: Outcome, fault: Option<Fault>) -> Record {
        let known = self.memory.as_ref().filter(|_| self.unchanged);
        let known = known.map(|entry| entry.record.clone()).unwrap_or_default();
        let assignment = self.assignment.as_ref();
        let encoded = |a: &Assignment| {
            a.chain
                .iter()
                .map(|der| Base64::encode_string(der))
                .collect()
        };
        let partition = self.partition.as_ref();
        let chain = self.chain.as_ref();
        Record {
            version: 1,
            run: self.context.run.clone(),
            outcome,
            recipe: self.recipe.name.clone(),
            recipe_sha256: self.recipe.sha256(),
            essence_sha256: Some(self.recipe.essence_sha256()),
            operator: self.context.operator.clone(),
            registration_id: self.card.registration_id.clone().unwrap_or_default(),
            device_id: assignment.map(|a| a.device_id.clone()).or(known.device_id),
            assigned_hub: assignment
                .map(|a| a.assigned_hub.clone())
                .or(known.assigned_hub),
            substatus: assignment
                .and_then(|a| a.substatus.as_ref())
                .map(ToString::to_string)
                .or(known.substatus),
            chip: self.card.chip.clone(),
            mac: self.card.mac.clone(),
            leaf: chain.map(|chain| chain.leaf.clone()).or(known.leaf),
            issuance: match self.unchanged {
                true => known.issuance,
                false => self.issuance,
            },
            earlier: self.earlier,
            operation_id: self.operation_id.clone().or(known.operation_id),
            chain: assignment.map_or(known.chain, encoded),
            partition: partition.map(|partition| partition.label.clone()),
            image_sha256: self
                .image
                .as_ref()
                .map(|image| image.sha256.clone())
                .or(known.image_sha256),
            image_md5: self.proved_md5.clone(),
            replaces: self.replaces.clone().or(known.replaces),
            started: self.started,
            finished: now.utc,
            timings: self.pace.timings(),
            fault,
        }
    }
}
