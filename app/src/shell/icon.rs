use leptos::prelude::*;

/// A picture that carries meaning beside a word, never alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    Alert,
    Board,
    Cross,
    Dot,
    Down,
    File,
    Key,
    Lock,
    Plug,
    Seal,
    Tick,
    Turn,
}

/// One inline picture, drawn in the colour of the text around it.
#[component]
pub(crate) fn Icon(shape: Shape) -> impl IntoView {
    let (class, path) = match shape {
        Shape::Alert => ("icon", "M12 3 1.8 21h20.4L12 3zm0 6.5v5.5m0 2.2v.6"),
        Shape::Board => (
            "icon",
            "M6 6h12v12H6zM9.5 9.5h5v5h-5zM9 6V3m6 3V3M9 21v-3m6 3v-3M6 9H3m3 6H3m18-6h-3m3 6h-3",
        ),
        Shape::Cross => ("icon", "M5 5l14 14M19 5 5 19"),
        Shape::Dot => ("icon", "M12 7.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9z"),
        Shape::Down => ("icon", "M12 4v11m-5-5 5 5 5-5M4 20h16"),
        Shape::File => ("icon", "M6 3h8l4 4v14H6zM14 3v4h4M9 12h6m-6 4h6"),
        Shape::Key => (
            "icon",
            "M8 11a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9zm3.2 1.3L20 3.5m-4 4 3 3m-5.5-.5 2 2",
        ),
        Shape::Lock => ("icon", "M5 11h14v10H5zM8 11V7.5a4 4 0 0 1 8 0V11m-4 4v3"),
        Shape::Plug => ("icon", "M8 3v5m8-5v5M6 8h12v3a6 6 0 0 1-12 0zM12 17v4"),
        Shape::Seal => (
            "icon",
            "M12 9.5a6 6 0 1 0 0 12 6 6 0 0 0 0-12zM8 2.5h8l2 4-6 4-6-4z",
        ),
        Shape::Tick => ("icon", "M4 12.5 9.5 18 20 6.5"),
        Shape::Turn => ("icon turning", "M12 3a9 9 0 1 0 9 9"),
    };
    view! {
        <svg class=class viewBox="0 0 24 24" aria-hidden="true" focusable="false">
            <path d=path />
        </svg>
    }
}
