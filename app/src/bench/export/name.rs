/// A file name from what people call the object: letters, digits and a few marks that every system
/// allows.
pub(super) fn file_name(title: &str, extension: &str) -> String {
    /// Leaves room for the extension on every system.
    const LONGEST: usize = 60;
    let plain = |c: char| {
        if c.is_ascii_alphanumeric() || "-_.".contains(c) {
            c
        } else {
            '-'
        }
    };
    let name: String = title.chars().take(LONGEST).map(plain).collect();
    let name = name.trim_matches(['.', '-']);
    let name = if name.is_empty() { "signet" } else { name };
    format!("{name}.{extension}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_a_name_reaches_the_file_system() {
        assert_eq!(file_name("pump-0042", "crt.pem"), "pump-0042.crt.pem");
        assert_eq!(file_name("../../etc/passwd", "der"), "etc-passwd.der");
        assert_eq!(
            file_name("Contoso Root (2026)", "der"),
            "Contoso-Root--2026.der"
        );
        assert_eq!(file_name("…", "der"), "signet.der");
        assert_eq!(file_name(&"a".repeat(300), "der").len(), 64);
    }
}
