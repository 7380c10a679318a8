//! What is wrong with a TOML file that may hold secrets.

/// What is wrong, in which line and with which key. The parser itself would show the whole line or the
/// value, and in it perhaps the password of a database, a key or a PIN.
pub(crate) fn mistake(text: &str, error: &toml::de::Error) -> String {
    let message = without_value(error.message());
    let before = error.span().and_then(|span| text.get(..span.start));
    let Some(before) = before else {
        return message;
    };
    let number = before.split('\n').count();
    let line = text.lines().nth(number - 1).unwrap_or_default();
    let key = line.split('=').next().unwrap_or_default().trim();
    let plain = |c: char| c.is_ascii_lowercase() || c == '-' || c.is_ascii_digit();
    let key = match line.contains('=') && key.chars().all(plain) {
        true => format!(" ({key})"),
        false => String::new(),
    };
    format!("line {number}{key}: {message}")
}

/// Messages repeat a value that has no place where it stands.
fn without_value(message: &str) -> String {
    if message.contains("://") || message.contains('@') {
        return "this value has no place here".to_owned();
    }
    match message.rsplit_once(", expected ") {
        Some((found, wanted)) if found.starts_with("invalid ") => {
            format!("a value is not as expected: {wanted}")
        }
        _ => message.to_owned(),
    }
}
