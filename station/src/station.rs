//! A running station.

use std::convert::Infallible;
use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Weak};

use anyhow::{Context, Result, anyhow, ensure};
use axum::http::HeaderValue;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use serde_json::json;
use sha2::{Digest, Sha256};
use signet_core::{Explain, UnixTime};
use tokio::sync::mpsc::{self, Receiver, Sender};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use crate::admission::Gate;
use crate::api::Door;
use crate::config::{Enroll, Serve};
use crate::device_api::{DeviceApi, Manners};
use crate::device_port::DevicePort;
use crate::enrollment::{self, Enrollment, Proof, Scope};
use crate::ledger::{Event, Kind, Ledger, LedgerPlace};
use crate::mqtt::MqttPort;
use crate::namespace::{self, Namespace};
use crate::port::bind;
use crate::secret::KeyAccess;
use crate::signer::TokenPlace;
use crate::site::{self, Site};
use crate::{clock, log, page, protect, random, tls};

/// A running station. It ends soon after this is dropped; [`Station::stop`] waits for it.
pub struct Station {
    page: SocketAddr,
    url: String,
    device: SocketAddr,
    mqtt: SocketAddr,
    id_scope: String,
    data: PathBuf,
    tasks: JoinSet<()>,
    /// What the connections work with.
    api: Weak<DeviceApi>,
    /// Closed when nothing works with it any more.
    working: Receiver<Infallible>,
}

impl Station {
    /// Opens or makes the station's folder, and both ports.
    ///
    /// # Errors
    ///
    /// If a folder or a port cannot be used, or a file in the folder is damaged.
    pub async fn start(config: Serve) -> Result<Self> {
        log::choose(config.log);
        let now = clock::now();
        ensure!(
            config.page.is_dir(),
            "there is no folder {}",
            config.page.display()
        );
        let (site, page_tls) = site(&config)?;
        let (alive, working) = mpsc::channel(1);
        let api = Arc::new(open(&config, now, alive, None)?);
        let id_scope = api.namespace.id_scope.clone();
        let weak = Arc::downgrade(&api);

        let acceptor = acceptor(&config, now)?;
        protect::warn(&config.data)?;
        let allow_origin = config
            .allow_origin
            .as_ref()
            .map(HeaderValue::try_from)
            .transpose()?;
        let (page_listener, page) =
            bind((config.page_address, config.page_port).into(), "page-port").await?;
        let (device_listener, device) = bind(
            (config.device_address, config.device_port).into(),
            "device-port",
        )
        .await?;
        let (mqtt_listener, mqtt) = bind(
            (config.device_address, config.mqtt_port).into(),
            "mqtt-port",
        )
        .await?;

        let mut tasks = JoinSet::new();
        let door = Door::new(&config.data, Arc::clone(&api), site.wants_tokens());
        let door = Arc::new(door);
        let (folder, faults) = (&config.page, config.test_faults);
        let router = page::router(folder, Arc::clone(&api), &door, &site, faults);
        tasks.spawn(page::serve(page_listener, router, page_tls));
        tasks.spawn(door.watch());
        let port = MqttPort {
            api: Arc::clone(&api),
            acceptor: acceptor.clone(),
        };
        tasks.spawn(port.serve(mqtt_listener));
        let port = DevicePort {
            api,
            acceptor,
            allow_origin,
        };
        tasks.spawn(port.serve(device_listener));
        let url = site.url(page);
        let facts: [(_, &dyn fmt::Display); 4] = [
            ("page", &page),
            ("device", &device),
            ("mqtt", &mqtt),
            ("scope", &id_scope),
        ];
        log::line("ready", &facts);
        Ok(Self {
            page,
            url,
            device,
            mqtt,
            id_scope,
            data: config.data,
            tasks,
            api: weak,
            working,
        })
    }

    /// Where people find the page.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Where the page is.
    pub fn page(&self) -> SocketAddr {
        self.page
    }

    /// Where the device API is.
    pub fn device(&self) -> SocketAddr {
        self.device
    }

    /// Where the device API is over MQTT, and the practice hub.
    pub fn mqtt(&self) -> SocketAddr {
        self.mqtt
    }

    /// The ID scope of the embedded DPS.
    pub fn id_scope(&self) -> &str {
        &self.id_scope
    }

    /// PEM file of the root that clients of the device port have to trust.
    pub fn tls_root(&self) -> PathBuf {
        self.data.join("tls/root.pem")
    }

    /// Closes both ports and waits until nothing of them runs: a request that is at work on another
    /// thread ends first. Then another station may have the folder.
    pub async fn stop(mut self) {
        self.tasks.shutdown().await;
        if let Some(api) = self.api.upgrade() {
            api.faults.end();
        }
        let _closed = self.working.recv().await;
    }
}

/// Makes a station in a folder, without asking for secrets other than the environment's.
///
/// # Errors
///
/// If there is one already, or the folder cannot be written.
pub fn init(data: &Path) -> Result<()> {
    init_with(data, &KeyAccess::default(), None)
}

/// Makes a station in a folder, with keys that a secret protects if there is one, or in a token.
///
/// # Errors
///
/// As [`init`], and if the secret cannot be read or the token does not make keys.
pub fn init_with(data: &Path, access: &KeyAccess, token: Option<&TokenPlace>) -> Result<()> {
    Namespace::create(data, clock::now(), access, token)?;
    protect::warn(data)
}

/// Adds an enrollment to a station that does not run. Symmetric keys are made, and are found in
/// `enrollments.json`. One that is there keeps what proves its devices, unless something else does now.
///
/// # Errors
///
/// If the station runs, or the enrollment makes no sense.
pub fn enroll(data: &Path, enroll: &Enroll) -> Result<()> {
    ensure!(
        namespace::exists(data),
        "there is no station in {}",
        data.display()
    );
    let _lock = namespace::lock(data)?;
    let scope = if enroll.group {
        Scope::Group
    } else {
        Scope::Individual
    };
    let mut list = enrollment::load(data)?.into_iter();
    let known = list.find(|entry| entry.scope == scope && entry.name == enroll.name);
    let (proof, device_id) = known.map_or((None, None), |it| (Some(it.proof), it.device_id));
    let proof = match (&enroll.endorsement_key, &enroll.certificate) {
        (Some(key), _) => Proof::tpm(key)?,
        (None, None) => match proof {
            Some(proof) => proof,
            None => Proof::fresh_keys()?,
        },
        (None, Some(path)) => {
            let pem = std::fs::read_to_string(path)
                .with_context(|| format!("cannot read {}", path.display()))?;
            let first = CertificateDer::from_pem_slice(pem.as_bytes())
                .map_err(|_| anyhow::anyhow!("{} holds no certificate", path.display()))?;
            match scope {
                Scope::Group => Proof::Authority {
                    certificates: vec![pem],
                },
                Scope::Individual => Proof::Thumbprint {
                    sha256: vec![random::to_hex(&Sha256::digest(&first))],
                },
            }
        }
    };
    let entry = Enrollment {
        name: enroll.name.clone(),
        scope,
        proof,
        policy: enroll.policy.clone(),
        device_id,
        disabled: enroll.disabled,
    };
    namespace::describe(data)?.admits(&entry)?;
    enrollment::put(data, entry)
}

impl fmt::Debug for Station {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Station")
            .field("page", &self.page)
            .field("device", &self.device)
            .field("mqtt", &self.mqtt)
            .field("id_scope", &self.id_scope)
            .field("data", &self.data)
            .finish_non_exhaustive()
    }
}

/// How the page is served, and with which certificate if it has one.
pub(crate) fn site(config: &Serve) -> Result<(Arc<Site>, Option<TlsAcceptor>)> {
    let site = Site::new(config)
        .map_err(|error| anyhow!("{error} {} ({})", error.next_step(), error.code()))?;
    let tls = match (&config.page_certificate, &config.page_key) {
        (Some(certificate), Some(key)) => {
            let names = config
                .page_names
                .iter()
                .map(|name| site::bare(name).to_owned());
            let names: Vec<_> = names.collect();
            let tls = tls::page(certificate, key, &names)?;
            Some(TlsAcceptor::from(Arc::new(tls)))
        }
        _ => None,
    };
    Ok((Arc::new(site), tls))
}

/// TLS of the device port and of the MQTT port.
fn acceptor(config: &Serve, now: UnixTime) -> Result<TlsAcceptor> {
    let own = ["localhost", "127.0.0.1", "::1"].map(str::to_owned);
    let names = [&own[..], &config.device_names].concat();
    let secret = config.keys.secret.load()?;
    let tls = tls::server(&config.data, &names, now, secret.as_ref())?;
    Ok(TlsAcceptor::from(Arc::new(tls)))
}

/// Opens or makes what is in the station's folder.
pub(crate) fn open(
    config: &Serve,
    now: UnixTime,
    alive: Sender<Infallible>,
    relays_to: Option<&str>,
) -> Result<DeviceApi> {
    if !namespace::exists(&config.data) {
        Namespace::create(&config.data, now, &config.keys, None)?;
        log::line("created", &[("data", &config.data.display())]);
    }
    let namespace = Namespace::open(&config.data, now, &config.keys)?;
    let enrollments = enrollment::load(&config.data)?;
    let description = namespace::describe(&config.data)?;
    for entry in enrollments.iter().filter(|entry| !entry.disabled) {
        description.admits(entry)?;
    }
    let gate = Gate::new(&namespace.id_scope, enrollments)?;
    let manners = Manners {
        hub: config.hub.clone(),
        assigning_polls: config.assigning_polls,
        retry_after: config.retry_after,
        polls_per_ten_seconds: config.polls_per_ten_seconds,
    };
    let ledger = open_ledger(config, &namespace, now)?;
    let mut facts = json!({ "version": env!("CARGO_PKG_VERSION") });
    if let Some(upstream) = relays_to {
        facts["relaysTo"] = upstream.into();
    }
    let event = Event::new(Kind::Started, namespace.id_scope.as_str(), facts);
    ledger.commit(now, Vec::new(), vec![event])?;
    Ok(DeviceApi::new(namespace, gate, ledger, manners, alive))
}

/// The ledger that was named, if it is this namespace's.
fn open_ledger(config: &Serve, namespace: &Namespace, now: UnixTime) -> Result<Ledger> {
    ensure!(
        config.ledger.is_some() || config.ledger_password_file.is_none(),
        "a password file is for a ledger in a database: name that one too, with --ledger URL"
    );
    let named = config.ledger.clone().map(|place| {
        log::line("ledger", &[("at", &place)]);
        place.with_password_file(config.ledger_password_file.as_deref())
    });
    let ledger = match named.transpose()? {
        None => Ledger::open(&config.data)?,
        Some(LedgerPlace::Database(url)) => Ledger::connect(&url)?,
        // The lock on the station's own folder is held already.
        Some(LedgerPlace::Folder(folder)) if same(&folder, &config.data) => Ledger::open(&folder)?,
        Some(LedgerPlace::Folder(folder)) => Ledger::open_apart(&folder)?,
    };
    ledger.belong_to(namespace.root_sha256(), now)?;
    Ok(ledger)
}

/// Whether two paths lead to one folder.
fn same(one: &Path, other: &Path) -> bool {
    let real = |path: &Path| path.canonicalize().ok();
    real(one).is_some_and(|one| real(other) == Some(one))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_enrollment_keeps_what_proves_the_device() {
        let folder = tempfile::tempdir().unwrap();
        init(folder.path()).unwrap();
        let put = |name: &str, group: bool, policy: Option<&str>| {
            let order = Enroll {
                name: name.to_owned(),
                group,
                policy: policy.map(str::to_owned),
                ..Enroll::default()
            };
            enroll(folder.path(), &order).unwrap();
            let list = enrollment::load(folder.path()).unwrap();
            let own = list.into_iter().filter(|entry| entry.name == name);
            let [own] = own.collect::<Vec<_>>().try_into().unwrap();
            (serde_json::to_value(&own.proof).unwrap(), own.policy)
        };
        let (first, policy) = put("sn-1", false, Some("default"));
        assert!(policy.is_some());
        assert_eq!(put("sn-1", false, None), (first.clone(), None));
        assert_ne!(put("sn-2", false, None).0, first);
        let (line, _) = put("line", true, None);
        assert_eq!(put("line", true, Some("default")).0, line);
    }

    #[test]
    fn the_ledger_may_lie_in_another_folder() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let started = |ledger: Option<LedgerPlace>, password: Option<PathBuf>| {
            let mut serve = Serve::new(path("page"), path("data"));
            serve.ledger = ledger;
            serve.ledger_password_file = password;
            let (alive, _working) = mpsc::channel(1);
            open(&serve, clock::now(), alive, None)
        };
        let apart = || Some(LedgerPlace::Folder(path("apart")));
        let said = |error: anyhow::Error| format!("{error:#}");
        assert!(said(started(apart(), None).err().unwrap()).contains("make it"));
        std::fs::create_dir(path("apart")).unwrap();
        let api = started(apart(), None).unwrap();
        assert!(path("apart/ledger.db").is_file() && !path("data/ledger.db").exists());
        // Another station that is led to the same folder.
        let other = Ledger::open_apart(&path("apart"));
        assert!(said(other.err().unwrap()).contains("another station works in"));
        drop(api);
        drop(Ledger::open_apart(&path("apart")).unwrap());
        // Its own folder by another name; and a password for nothing.
        let own = LedgerPlace::Folder(path("apart/../data"));
        drop(started(Some(own), None).unwrap());
        assert!(path("data/ledger.db").is_file());
        for ledger in [None, apart()] {
            let error = started(ledger, Some(path("password"))).err().unwrap();
            assert!(said(error).contains("is for a ledger in a database"));
        }
    }
}
