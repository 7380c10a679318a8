use leptos::prelude::*;

/// The screens, named by the address after `#`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Screen {
    /// Boards at work.
    #[default]
    Line,
    /// Files explained.
    Bench,
    /// What was done.
    Records,
    /// The station that serves the page, where there is one.
    Station,
}

impl Screen {
    /// All, in the order of the navigation.
    pub const ALL: [Self; 4] = [Self::Line, Self::Bench, Self::Records, Self::Station];

    /// Its word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Line => "Line",
            Self::Bench => "Bench",
            Self::Records => "Records",
            Self::Station => "Station",
        }
    }

    /// Its address.
    pub const fn address(self) -> &'static str {
        match self {
            Self::Line => "#line",
            Self::Bench => "#bench",
            Self::Records => "#records",
            Self::Station => "#station",
        }
    }

    /// Whether people see it at this moment.
    pub(crate) fn is_shown(self) -> bool {
        self == Self::here() && crate::tab::is_visible()
    }

    fn here() -> Self {
        Self::at(&window().location().hash().unwrap_or_default())
    }

    fn at(address: &str) -> Self {
        let address = address.split('?').next().unwrap_or_default();
        let same = |screen: &Self| screen.address() == address;
        Self::ALL.into_iter().find(same).unwrap_or_default()
    }
}

/// The screen that the address names, now and later.
pub(super) fn current() -> ReadSignal<Screen> {
    let (screen, set_screen) = signal(Screen::here());
    let changed = window_event_listener(leptos::ev::hashchange, move |_| {
        set_screen.set(Screen::here());
    });
    on_cleanup(move || changed.remove());
    screen
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_screen_has_its_address() {
        for screen in Screen::ALL {
            assert_eq!(Screen::at(screen.address()), screen);
        }
        assert_eq!(Screen::at("#elsewhere"), Screen::Line);
    }
}
