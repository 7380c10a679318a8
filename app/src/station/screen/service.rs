use leptos::prelude::*;
use leptos::task::spawn_local;

use super::relays;
use crate::shell::plain;
use crate::station::answer::Service;
use crate::station::{Station, client};

/// A clock that is off by more makes a person wonder; DPS bears some minutes.
const SKEW: u64 = 5;

/// Whether the service that a relaying station asks can be reached. Asked when the screen opens, and when
/// somebody wants to know: each time is a connection to the service.
#[component]
pub(super) fn ServiceFact(station: Station) -> impl IntoView {
    let said = RwSignal::new(String::from("…"));
    let ask = move || {
        said.set("…".into());
        spawn_local(async move {
            let token = station.token();
            let got = client::service(token.as_ref().map(|token| token.as_str())).await;
            let words = match got {
                Ok(service) => words(&service),
                Err(trouble) => trouble.told().what,
            };
            // The screen may have been left meanwhile.
            let _ = said.try_set(words);
        });
    };
    let here = Memo::new(move |_| relays(station));
    Effect::new(move |_| {
        if here.get() {
            ask();
        }
    });
    view! {
        <Show when=move || here.get()>
            <div>
                <dt>"The service"</dt>
                <dd class="head-line">
                    <span data-testid="service" role="status">{said}</span>
                    <button type="button" class="small" on:click=move |_| ask()>"Ask again"</button>
                </dd>
            </div>
        </Show>
    }
}

fn words(service: &Service) -> String {
    if let Some(error) = service.error.as_ref().filter(|_| !service.reachable) {
        let text = format!("{} {}", error.message, error.next);
        return plain(&text, 400);
    }
    match service.clock_skew_seconds {
        Some(skew) if skew.unsigned_abs() > SKEW => {
            let way = if skew > 0 { "ahead" } else { "behind" };
            let off = skew.unsigned_abs();
            format!("answers; the station's clock is {off} s {way} of it")
        }
        _ => "answers".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::station::answer::Unreachable;

    #[test]
    fn a_service_is_told_in_words() {
        let mut service = Service {
            reachable: true,
            clock_skew_seconds: Some(-2),
            ..Service::default()
        };
        assert_eq!(words(&service), "answers");
        service.clock_skew_seconds = Some(400);
        assert_eq!(
            words(&service),
            "answers; the station's clock is 400 s ahead of it"
        );
        service.reachable = false;
        service.error = Some(Unreachable {
            message: "No.".into(),
            next: "Check the cable.".into(),
        });
        assert_eq!(words(&service), "No. Check the cable.");
    }
}
