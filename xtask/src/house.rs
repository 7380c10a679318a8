//! House rules that no compiler checks.

mod layers;
mod licences;
mod promises;
mod size;
mod versions;
mod words;

use anyhow::{Result, bail};

/// Looks at the whole checkout and names every breach.
type Rule = fn() -> Result<Vec<String>>;

/// Checks them all and prints what it looked at.
pub(crate) fn run() -> Result<()> {
    println!("{}", report()?);
    Ok(())
}

/// What was looked at; an error with every breach, if there is one.
pub(crate) fn report() -> Result<String> {
    let rules: [(&str, Rule); 6] = [
        ("size of files and functions", size::check),
        ("words that may not stand in the code", words::check),
        ("what each room may depend on", layers::check),
        ("licences and origin of every dependency", licences::check),
        ("the test behind every promise", promises::check),
        ("versions written down in two places", versions::check),
    ];
    let mut report = String::new();
    let mut breaches = Vec::new();
    for (about, check) in rules {
        let found = check()?;
        let verdict = if found.is_empty() {
            "ok".to_owned()
        } else {
            format!("{} breaches", found.len())
        };
        report.push_str(&format!("{about}: {verdict}\n"));
        breaches.extend(found);
    }
    if !breaches.is_empty() {
        bail!("house rules broken:\n  {}", breaches.join("\n  "));
    }
    Ok(report)
}
