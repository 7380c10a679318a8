//! A token of SoftHSM's in a folder of its own, which can be pulled out.
//!
//! The module reads the environment of its program, which a test must not change for its neighbours. So
//! what needs the token is a program of its own: the same test once more, with that environment.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use cryptoki::context::Pkcs11;

/// Set for the program that has the token, to the path of the module.
const INSIDE: &str = "SIGNET_TOKEN_MODULE";
/// SoftHSM's own variable, and its file.
const CONFIG: &str = "SOFTHSM2_CONF";

/// A token, seen from outside or inside.
pub(crate) struct Hsm {
    pub(crate) module: PathBuf,
    config: PathBuf,
    /// Outside: goes with the token.
    _folder: Option<tempfile::TempDir>,
}

impl Hsm {
    /// A token with that label and PIN, if SoftHSM is installed with the tools that go with it.
    pub(crate) fn new(label: &str, pin: &str) -> Option<Self> {
        let module = softhsm()?;
        let folder = tempfile::tempdir().unwrap();
        let config = folder.path().join("softhsm2.conf");
        let tokens = folder.path().join("tokens");
        fs::create_dir(&tokens).unwrap();
        let text = format!("directories.tokendir = {}\n", tokens.display());
        let text = text + "objectstore.backend = file\nlog.level = ERROR\n";
        fs::write(&config, text).unwrap();
        let hsm = Self {
            module,
            config,
            _folder: Some(folder),
        };
        let make = format!("--init-token --free --label {label} --so-pin 112233 --pin {pin}");
        hsm.run("softhsm2-util", &make);
        Some(hsm)
    }

    /// In the program that has the token.
    pub(crate) fn around() -> Option<Self> {
        Some(Self {
            module: std::env::var_os(INSIDE)?.into(),
            config: std::env::var_os(CONFIG)?.into(),
            _folder: None,
        })
    }

    /// Runs this test in a program that has the token, and the PIN in its environment. It returns what
    /// that wrote, which never is the PIN.
    pub(crate) fn run_inside(&self, test: &str, pin: Option<&str>) -> String {
        let mut inside = Command::new(std::env::current_exe().unwrap());
        inside.args(["--exact", test, "--nocapture"]);
        inside.env(CONFIG, &self.config).env(INSIDE, &self.module);
        match pin {
            Some(pin) => inside.env("STATION_PKCS11_PIN", pin),
            None => inside.env_remove("STATION_PKCS11_PIN"),
        };
        let inside = inside.output().unwrap();
        let said = String::from_utf8([inside.stdout, inside.stderr].concat()).unwrap();
        assert!(inside.status.success(), "{said}");
        assert!(said.contains("1 passed"), "there is no such test: {said}");
        let shown = pin.is_some_and(|pin| said.contains(pin));
        assert!(!shown, "the PIN is shown: {said}");
        said
    }

    /// OpenSC's tool, with the module.
    pub(crate) fn tool(&self, arguments: &str) -> String {
        let module = self.module.display();
        self.run("pkcs11-tool", &format!("--module {module} {arguments}"))
    }

    fn run(&self, program: &str, arguments: &str) -> String {
        let mut command = Command::new(program);
        let command = command.args(arguments.split_whitespace());
        let output = command.env(CONFIG, &self.config).output().unwrap();
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8_lossy(&said).into_owned();
        assert!(output.status.success(), "{program} {arguments}: {said}");
        said
    }

    /// Somebody else in this program ends the module, and with it all sessions.
    pub(crate) fn end_sessions(&self) {
        Pkcs11::new(&self.module).unwrap().finalize().unwrap();
    }

    /// Takes the token away.
    pub(crate) fn pull(&self) {
        let tokens = self.tokens();
        fs::rename(&tokens, tokens.with_extension("away")).unwrap();
        fs::create_dir(&tokens).unwrap();
        self.end_sessions();
    }

    /// Brings it back.
    pub(crate) fn plug(&self) {
        let tokens = self.tokens();
        fs::remove_dir(&tokens).unwrap();
        fs::rename(tokens.with_extension("away"), &tokens).unwrap();
        self.end_sessions();
    }

    fn tokens(&self) -> PathBuf {
        self.config.with_file_name("tokens")
    }
}

/// SoftHSM's module.
fn softhsm() -> Option<PathBuf> {
    let found = ["softhsm2-util", "pkcs11-tool"]
        .iter()
        .all(|tool| Command::new(tool).arg("--help").output().is_ok());
    let module = [
        "/usr/lib/softhsm/libsofthsm2.so",
        "/usr/lib64/pkcs11/libsofthsm2.so",
        "/usr/local/lib/softhsm/libsofthsm2.so",
        "/opt/homebrew/lib/softhsm/libsofthsm2.so",
    ]
    .iter()
    .map(Path::new)
    .find(|path| path.exists());
    if let (true, Some(module)) = (found, module) {
        return Some(module.to_owned());
    }
    let missing = "SoftHSM or OpenSC is absent; install the packages softhsm2 and opensc";
    assert!(
        std::env::var_os("SIGNET_REQUIRE_PEERS").is_none_or(|v| v != "1"),
        "{missing}"
    );
    // Past the test harness, which would keep it to itself.
    let _ = writeln!(std::io::stderr(), "skipped: {missing}");
    None
}
