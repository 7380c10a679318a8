#![no_main]
use libfuzzer_sys::fuzz_target;
use signet_core::Now;
use signet_core::dps::{Credential, Input, Registration, RegistrationId, Settings};
use signet_core::http::Response;

fuzz_target!(|body: &[u8]| for status in [200, 400, 401] {
    let id = RegistrationId::new("dev-0001").unwrap();
    let settings = Settings::new("0neX", id, Credential::Relay);
    let mut registration = Registration::resume(settings, "op-0", Now::default());
    let response = Response::new(status, |_| None, body.to_vec());
    registration.handle(Now::default(), Input::Response(&response));
    let _ = format!("{:?}", [registration.poll(), registration.poll()]);
});
