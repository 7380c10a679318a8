//! A PostgreSQL server of our own, in a temporary folder, on a free port of the loopback interface.

use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use tempfile::TempDir;

/// A server. It ends when this is dropped.
pub struct Postgres {
    folder: TempDir,
    programs: PathBuf,
    /// Whom it runs as, where we are root: it refuses to run as that.
    user: Option<u32>,
    port: u16,
    process: Option<Child>,
}

/// The password of everybody.
pub const PASSWORD: &str = "s3cret-of-the-line";

impl Postgres {
    /// Starts one, with TLS for who wants it. `None`: there is no PostgreSQL here, which was said.
    ///
    /// # Errors
    /// If it does not start.
    pub fn start() -> Result<Option<Self>> {
        let Some(programs) = programs() else {
            crate::skip("there is no PostgreSQL server (initdb in /usr/lib/postgresql/*/bin)");
            return Ok(None);
        };
        let folder = tempfile::tempdir()?;
        let root = fs::metadata(folder.path()).map(|facts| uid(&facts))? == 0;
        let user = root.then(|| user("postgres")).transpose()?;
        chown(folder.path(), user, user)?;
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?
            .local_addr()?
            .port();
        let mut server = Self {
            folder,
            programs,
            user,
            port,
            process: None,
        };
        fs::write(server.path("password"), PASSWORD)?;
        server.certificate()?;
        let (data, password) = (server.path("db"), server.path("password"));
        said(
            server
                .program("initdb")
                .args([
                    "-U",
                    "admin",
                    "--auth=scram-sha-256",
                    "-E",
                    "UTF8",
                    "--locale=C.UTF-8",
                ])
                .arg("-D")
                .arg(data)
                .arg("--pwfile")
                .arg(password),
        )?;
        server.go()?;
        server.run(
            "postgres",
            &format!("CREATE ROLE line LOGIN PASSWORD '{PASSWORD}'"),
        )?;
        Ok(Some(server))
    }

    /// Starts it again, after [`Self::stop`].
    ///
    /// # Errors
    /// If it does not answer within half a minute.
    pub fn go(&mut self) -> Result<()> {
        let log = fs::File::create(self.path("log"))?;
        let mut command = self.program("postgres");
        command.arg("-D").arg(self.path("db"));
        let folder = self.folder.path().display();
        for setting in [
            format!("port={}", self.port),
            "listen_addresses=127.0.0.1".to_owned(),
            format!("unix_socket_directories={folder}"),
            "ssl=on".to_owned(),
            format!("ssl_cert_file={folder}/server.pem"),
            format!("ssl_key_file={folder}/server.key"),
        ] {
            command.args(["-c", &setting]);
        }
        self.process = Some(command.stdout(log.try_clone()?).stderr(log).spawn()?);
        let begun = Instant::now();
        while let Err(error) = self.run("postgres", "SELECT 1") {
            ensure!(begun.elapsed() < Duration::from_secs(30), "{error:#}");
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }

    /// Ends it as an administrator does: whoever is connected is thrown out.
    ///
    /// # Errors
    /// If it does not end.
    pub fn stop(&mut self) -> Result<()> {
        self.end("fast")
    }

    fn end(&mut self, how: &str) -> Result<()> {
        let Some(mut process) = self.process.take() else {
            return Ok(());
        };
        let data = self.path("db");
        let asked = said(
            self.program("pg_ctl")
                .args(["stop", "-m", how, "-D"])
                .arg(data),
        );
        if asked.is_err() {
            process.kill()?;
        }
        process.wait()?;
        asked.map(|_| ())
    }

    /// Makes a database, which `line` owns, and gives its URL.
    ///
    /// # Errors
    /// If there is one of that name.
    pub fn database(&self, name: &str) -> Result<String> {
        self.run("postgres", &format!("CREATE DATABASE {name} OWNER line"))?;
        let port = self.port;
        Ok(format!(
            "postgres://line:{PASSWORD}@127.0.0.1:{port}/{name}"
        ))
    }

    /// Has statements carried out by somebody who may do everything, and gives what psql printed.
    ///
    /// # Errors
    /// If one fails.
    pub fn run(&self, database: &str, statements: &str) -> Result<String> {
        self.run_as("admin", database, statements)
    }

    /// The same, by the owner of the databases.
    ///
    /// # Errors
    /// If one fails.
    pub fn run_as(&self, user: &str, database: &str, statements: &str) -> Result<String> {
        let port = self.port.to_string();
        said(
            self.program("psql")
                .args([
                    "-X",
                    "-q",
                    "-t",
                    "-A",
                    "-v",
                    "ON_ERROR_STOP=1",
                    "-h",
                    "127.0.0.1",
                ])
                .args(["-p", &port, "-U", user, "-d", database, "-c", statements])
                .env("PGPASSWORD", PASSWORD),
        )
    }

    /// The root of its certificate, a PEM file. The certificate is for `localhost`.
    #[must_use]
    pub fn root(&self) -> PathBuf {
        self.path("root.pem")
    }

    /// What it complained of since it was last started.
    ///
    /// # Errors
    /// If its log cannot be read.
    pub fn log(&self) -> Result<String> {
        Ok(fs::read_to_string(self.path("log"))?)
    }

    /// Its port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn program(&self, name: &str) -> Command {
        let mut command = Command::new(self.programs.join(name));
        command.current_dir(self.folder.path());
        if let Some(user) = self.user {
            command.uid(user).gid(user);
        }
        command
    }

    fn certificate(&self) -> Result<()> {
        let openssl = |arguments: &str| {
            let words = arguments.split_whitespace();
            said(
                Command::new("openssl")
                    .args(words)
                    .current_dir(&self.folder),
            )
        };
        let key = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes";
        openssl(&format!(
            "req -x509 {key} -subj /CN=root -keyout root.key -out root.pem"
        ))?;
        openssl(&format!(
            "req {key} -subj /CN=localhost -keyout server.key -out server.csr"
        ))?;
        fs::write(self.path("names"), "subjectAltName=DNS:localhost")?;
        openssl(
            "x509 -req -in server.csr -CA root.pem -CAkey root.key -extfile names -out server.pem",
        )?;
        let key = self.path("server.key");
        fs::set_permissions(&key, fs::Permissions::from_mode(0o600))?;
        Ok(chown(key, self.user, self.user)?)
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        let _ = self.end("immediate");
    }
}

/// The newest of Debian's.
fn programs() -> Option<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").ok()?;
    let programs = versions.filter_map(|version| Some(version.ok()?.path().join("bin")));
    programs
        .filter(|bin| bin.join("initdb").is_file())
        .max_by_key(|bin| number(bin))
}

fn number(bin: &Path) -> u32 {
    let version = bin.parent().and_then(Path::file_name);
    version
        .and_then(|name| name.to_str())
        .and_then(|name| name.parse().ok())
        .unwrap_or_default()
}

fn user(name: &str) -> Result<u32> {
    let text = said(Command::new("id").args(["-u", name]))?;
    text.trim().parse().context("no number")
}

fn uid(facts: &fs::Metadata) -> u32 {
    std::os::unix::fs::MetadataExt::uid(facts)
}

/// What a program printed, or an error with what it complained of.
fn said(command: &mut Command) -> Result<String> {
    let output = command.stdin(Stdio::null()).output()?;
    if !output.status.success() {
        bail!(
            "{}: {}",
            command.get_program().display(),
            String::from_utf8_lossy(&output.stderr).trim()
        );
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
