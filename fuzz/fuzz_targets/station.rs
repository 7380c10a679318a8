//! What devices and pages send to the station as text: topics, tokens, paths, bodies. The parsers are
//! the station's own files, without the station around them.
#![no_main]
#![allow(dead_code, unreachable_pub)]
use libfuzzer_sys::fuzz_target;
use signet_core::UnixTime;
use signet_core::dps::RegistrationId;
use signet_core::dps::wire::DeviceRegistration;
use signet_core::run::Record;

#[path = "../../station/src/route.rs"]
mod route;
#[path = "../../station/src/admission/token.rs"]
mod token;
#[path = "../../station/src/mqtt/topic.rs"]
mod topic;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(registration) = serde_json::from_slice::<DeviceRegistration>(bytes) {
        let _ = registration.csr;
    }
    if let Ok(record) = serde_json::from_slice::<Record>(bytes) {
        let again = serde_json::to_vec(&record).unwrap();
        assert_eq!(serde_json::from_slice::<Record>(&again).unwrap(), record);
    }
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    if let Some(token) = token::Token::parse(text) {
        let _ = token.concerns("0neX", "dev-0001", UnixTime(0));
        let _ = token.signed_with(b"a key");
    }
    let topic = topic::Topic::parse(text);
    assert!(text.starts_with(topic.path));
    let _ = topic.property("operationId");
    if let Some(mark) = topic.request_id() {
        // It goes into the topic of the answer.
        assert!(mark.len() <= 128 && !mark.contains(['/', '#', '+', '?', '&']));
    }
    let (path, query) = text.split_once('?').unwrap_or((text, ""));
    for method in ["GET", "POST", "PUT"] {
        if let Ok(route) = route::Route::parse(method, path, query) {
            assert!(!route.id.is_empty());
            let _ = RegistrationId::new(&route.id);
            let _ = route.api_version.as_deref().and_then(route::Version::parse);
        }
    }
});
