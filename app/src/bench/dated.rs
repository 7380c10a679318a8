use leptos::prelude::*;

/// A sentence whose dates stay on one line: they would break at their hyphens.
#[component]
pub(super) fn Dated(text: String) -> impl IntoView {
    let words = text.split_inclusive(' ').map(|word| {
        if !is_date(word) {
            return word.to_owned().into_any();
        }
        // Behind it the line may end.
        let date = word.trim_end();
        let gap = (date != word).then_some(" ");
        view! { <span class="date">{date.to_owned()}</span> {gap} }.into_any()
    });
    words.collect::<Vec<_>>()
}

/// Whether it begins as `2026-11-29` does.
fn is_date(word: &str) -> bool {
    let pattern = b"0000-00-00";
    let fits = |(byte, of): (u8, &u8)| byte == *of || (*of == b'0' && byte.is_ascii_digit());
    word.len() >= pattern.len() && word.bytes().zip(pattern).all(fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_told_from_other_words_with_hyphens() {
        for date in ["2026-11-29", "2026-11-29T00:08:08Z. ", "2026-11-29, "] {
            assert!(is_date(date), "{date}");
        }
        for word in [
            "",
            "2026",
            "pump-0042 ",
            "P-384",
            "20261129-00",
            "2026-1x-29",
        ] {
            assert!(!is_date(word), "{word}");
        }
    }
}
