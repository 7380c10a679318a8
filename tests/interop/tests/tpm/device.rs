//! A device with a TPM that others wrote: swtpm, driven by tpm2-tools.

use std::fs;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use base64ct::{Base64, Encoding};
use signet_interop::skip;

/// Where Microsoft's clients keep the endorsement key, the storage root key and the identity key.
pub(crate) const EK: &str = "0x81010001";
pub(crate) const SRK: &str = "0x81000001";
pub(crate) const IDENTITY: &str = "0x81000100";

/// Whether the programs are there.
pub(crate) fn tools() -> bool {
    for tool in ["swtpm", "tpm2_createek"] {
        if Command::new(tool).arg("--version").output().is_err() {
            skip(&format!(
                "there is no {tool}; install the packages swtpm and tpm2-tools"
            ));
            return false;
        }
    }
    true
}

/// A running TPM, with its endorsement key in place. It ends when this is dropped.
pub(crate) struct Tpm {
    process: Child,
    folder: tempfile::TempDir,
    pub(crate) port: u16,
}

impl Tpm {
    pub(crate) fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let port = pair();
        let process = Command::new("swtpm")
            .args(["socket", "--tpm2", "--flags", "not-need-init,startup-clear"])
            .args(["--tpmstate", &format!("dir={}", folder.path().display())])
            .args(["--server", &format!("type=tcp,port={port}")])
            .args(["--ctrl", &format!("type=tcp,port={}", port + 1)])
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        let this = Self {
            process,
            folder,
            port,
        };
        let start = Instant::now();
        while TcpStream::connect((Ipv4Addr::LOCALHOST, port + 1)).is_err() {
            assert!(start.elapsed() < Duration::from_secs(10), "no swtpm");
            std::thread::sleep(Duration::from_millis(20));
        }
        this.run(&format!("createek -c {EK} -G rsa -u ek.pub"));
        this
    }

    /// Makes the storage root key.
    pub(crate) fn with_storage_root(self) -> Self {
        self.run("createprimary -C o -G rsa2048 -c srk.ctx");
        self.run(&format!("evictcontrol -C o -c srk.ctx {SRK}"));
        self.run(&format!("readpublic -c {SRK} -o srk.pub"));
        self.run("flushcontext -t");
        self
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap()
    }

    /// A file in base64.
    pub(crate) fn text(&self, name: &str) -> String {
        Base64::encode_string(&self.read(name))
    }

    /// One of the tools; `Err` is what it said.
    pub(crate) fn try_run(&self, line: &str) -> Result<(), String> {
        let (tool, arguments) = line.split_once(' ').unwrap();
        let tcti = format!("swtpm:host=127.0.0.1,port={}", self.port);
        let output = Command::new(format!("tpm2_{tool}"))
            .args(arguments.split(' '))
            .env("TPM2TOOLS_TCTI", tcti)
            .current_dir(self.folder.path())
            .output()
            .unwrap();
        match output.status.success() {
            true => Ok(()),
            false => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
        }
    }

    pub(crate) fn run(&self, line: &str) {
        self.try_run(line)
            .unwrap_or_else(|said| panic!("tpm2_{line}: {said}"));
    }

    /// Takes the key of a blob into the TPM, as the service's clients do; it is `key.ctx` then.
    pub(crate) fn activate(&self, blob: &str) -> Result<(), String> {
        let blob = Base64::decode_vec(blob).unwrap();
        let mut rest = blob.as_slice();
        let mut next = || {
            let size = 2 + usize::from(u16::from_be_bytes([rest[0], rest[1]]));
            let (structure, behind) = rest.split_at(size);
            rest = behind;
            structure.to_vec()
        };
        // The tool's own head: magic and version.
        let head = vec![0xba, 0xdc, 0xc0, 0xde, 0, 0, 0, 1];
        fs::write(self.path("credential"), [head, next(), next()].concat()).unwrap();
        for name in ["duplicate", "seed", "key.pub", "data"] {
            fs::write(self.path(name), next()).unwrap();
        }
        assert!(rest.is_empty(), "{} bytes more", rest.len());
        assert_eq!(self.read("data"), [0, 0]);
        self.run("startauthsession --policy-session -S session");
        self.run("policysecret -S session -c e");
        let activated = self.try_run(&format!(
            "activatecredential -c {SRK} -C {EK} -i credential -o inner -P session:session"
        ));
        self.run("flushcontext session");
        activated?;
        self.try_run(&format!(
            "import -C {SRK} -i duplicate -u key.pub -s seed -k inner -r key.priv"
        ))?;
        self.try_run(&format!("load -C {SRK} -u key.pub -r key.priv -c key.ctx"))?;
        self.try_run("flushcontext -t")
    }

    /// What the key in `key` makes of some bytes.
    pub(crate) fn hmac(&self, key: &str, data: &str) -> Vec<u8> {
        fs::write(self.path("message"), data).unwrap();
        self.run(&format!("hmac -c {key} -o mac message"));
        self.run("flushcontext -t");
        self.read("mac")
    }
}

impl Drop for Tpm {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The first of two neighbouring ports that are free.
pub(crate) fn pair() -> u16 {
    for _ in 0..100 {
        let first = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = first.local_addr().unwrap().port();
        if port < u16::MAX && TcpListener::bind((Ipv4Addr::LOCALHOST, port + 1)).is_ok() {
            return port;
        }
    }
    panic!("no two neighbouring ports are free")
}
