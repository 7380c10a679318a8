use std::env;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use anyhow::{Context, Result, bail};
use base64ct::{Base64, Encoding};
use serde_json::json;

use super::make::{AT, HOST};
use super::{Chain, Judge};

/// PyPI's `cryptography`, in one process for all chains.
#[derive(Debug)]
pub struct Cryptography {
    child: Child,
    ask: ChildStdin,
    hear: BufReader<ChildStdout>,
}

impl Cryptography {
    /// Looks for it in the Python that `SIGNET_PYTHON` names, else in `python3`.
    ///
    /// # Errors
    /// If there is no Python. One without the package shows itself at the first chain.
    pub fn new() -> Result<Self> {
        let python = env::var_os("SIGNET_PYTHON").unwrap_or_else(|| "python3".into());
        let mut child = Command::new(python)
            .args(["-c", include_str!("cryptography.py"), HOST])
            .arg(AT.0.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("python")?;
        let ask = child.stdin.take().context("no stdin")?;
        let hear = child.stdout.take().context("no stdout")?;
        let hear = BufReader::new(hear);
        Ok(Self { child, ask, hear })
    }
}

impl Judge for Cryptography {
    fn name(&self) -> &'static str {
        "cryptography"
    }

    fn verdict(&mut self, chain: &Chain) -> Result<String> {
        let text = |der: &Vec<u8>| Base64::encode_string(der);
        let bag: Vec<String> = chain.bag.iter().map(text).collect();
        let question = json!({ "root": text(&chain.root), "bag": bag, "leaf": text(&chain.leaf) });
        writeln!(self.ask, "{question}").context("cryptography has gone")?;
        let mut answer = String::new();
        self.hear.read_line(&mut answer)?;
        match answer.trim_end() {
            "" => bail!("cryptography said nothing: is the package there?"),
            answer => Ok(answer.to_owned()),
        }
    }
}

impl Drop for Cryptography {
    fn drop(&mut self) {
        // It waits for a chain that does not come.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
