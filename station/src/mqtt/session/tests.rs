use super::*;

/// A field with its length before it (MQTT 3.1.1, section 1.5.3).
fn field(text: &str) -> Vec<u8> {
    [
        &u16::try_from(text.len()).unwrap().to_be_bytes(),
        text.as_bytes(),
    ]
    .concat()
}

/// A packet: its first byte, its length, and the rest (section 2.2).
fn packet(first: u8, parts: &[&[u8]]) -> Vec<u8> {
    let body = parts.concat();
    assert!(body.len() < 128);
    [&[first, u8::try_from(body.len()).unwrap()], body.as_slice()].concat()
}

/// CONNECT with this user name; the client keeps its session if it is not clean.
fn connect(clean: bool) -> Vec<u8> {
    let flags = [4, 0x80 | u8::from(clean) << 1, 0, 60];
    packet(
        0x10,
        &[&field("MQTT"), &flags, &field("sn-1"), &field("user")],
    )
}

fn subscribe(filter: &str, qos: u8) -> Vec<u8> {
    packet(0x82, &[&[0, 1], &field(filter), &[qos]])
}

fn publish(topic: &str) -> Vec<u8> {
    packet(0x30, &[&field(topic)])
}

const CONNACK: [u8; 4] = [0x20, 2, 0, 0];
const SUBACK: [u8; 5] = [0x90, 3, 0, 1, 1];

/// A session that has let its client in, which has subscribed with QoS 1.
fn open(clean: bool) -> Session {
    let mut session = Session::new();
    assert_eq!(session.receive(&connect(clean)).len(), 1);
    session.accept(vec!["answers/#".to_owned()]);
    assert!(session.receive(&subscribe("answers/#", 1)).is_empty());
    assert_eq!(session.take_out(), [&CONNACK[..], &SUBACK].concat());
    session
}

fn answer(size: usize) -> Message {
    Message {
        topic: "answers/1".to_owned(),
        payload: vec![b'a'; size],
    }
}

/// Section 3.1.4: a client need not wait for the answer to its CONNECT.
#[test]
fn what_comes_behind_a_login_waits_for_its_answer() {
    let whole = [connect(true), subscribe("answers/#", 1), publish("ask")].concat();
    let mut session = Session::new();
    let heard = session.receive(&whole);
    assert!(matches!(heard.as_slice(), [Heard::Login(_)]), "{heard:?}");
    assert!(session.take_out().is_empty());
    session.accept(vec!["answers/#".to_owned()]);
    let heard = session.receive(&[]);
    let [Heard::Message(message)] = heard.as_slice() else {
        panic!("{heard:?}")
    };
    assert_eq!(message.topic, "ask");
    assert_eq!(session.take_out(), [&CONNACK[..], &SUBACK].concat());

    // Nothing of it counts when the client is refused, which hears that.
    let mut session = Session::new();
    assert_eq!(session.receive(&whole).len(), 1);
    session.refuse(ConnectReturnCode::NotAuthorized);
    assert!(session.receive(&[]).is_empty() && session.closed());
    assert_eq!(session.take_out(), [0x20, 2, 0, 5]);
}

/// Sections 3.1 and 4.8: whoever breaks the rules is cut off.
#[test]
fn what_has_no_place_ends_the_connection() {
    let early = [publish("ask"), subscribe("answers/#", 0), vec![0xc0, 0]];
    for bytes in early {
        let mut session = Session::new();
        assert!(session.receive(&bytes).is_empty(), "{bytes:x?}");
        assert!(session.closed(), "{bytes:x?}");
    }
    for bytes in [connect(true), CONNACK.to_vec(), vec![0, 0], vec![0xf0, 0]] {
        let mut session = open(true);
        assert!(session.receive(&bytes).is_empty(), "{bytes:x?}");
        assert!(session.closed(), "{bytes:x?}");
    }
    let mut session = open(true);
    assert!(session.receive(&[0xc0, 0]).is_empty());
    assert!(!session.closed());
    assert_eq!(session.take_out(), [0xd0, 0]);
}

#[test]
fn who_acknowledges_nothing_is_cut_off() {
    for clean in [true, false] {
        let mut session = open(clean);
        let mut sent = 0;
        while !session.closed() {
            session.publish(answer(8 * 1024));
            sent += session.take_out().len();
            assert!(sent <= UNACKNOWLEDGED, "{sent}");
        }
        // Who does may have any number.
        let mut session = open(clean);
        for _ in 0..1000 {
            session.publish(answer(8 * 1024));
            let out = session.take_out();
            // Behind the topic there is the number.
            let number = &out[out.len() - 8 * 1024 - 2..][..2];
            session.receive(&packet(0x40, &[number]));
            assert!(!session.closed());
        }
    }
}
