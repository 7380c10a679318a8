//! The namespace: its name, its policies, and the authorities that issue for it.

mod policies;
mod report;

pub(crate) use report::REPORTER;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use anyhow::{Context, Result, anyhow, bail, ensure};
use rustls::server::danger::ClientCertVerifier;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use signet_core::UnixTime;

use crate::enrollment::{self, Enrollment, Proof, Scope};
use crate::files::{self, Privacy};
use crate::pki::{Authority, Span};
use crate::secret::KeyAccess;
use crate::signer::{KeyPlace, Keys, TokenPlace};
use crate::{random, tls};

/// `station.json`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Description {
    /// Version of the files in this folder: 1.
    pub(crate) signet: u32,
    /// What the device API calls this provisioning service.
    pub(crate) id_scope: String,
    /// The group enrollment for which the relay speaks.
    pub(crate) relay_group: String,
    /// At least one.
    pub(crate) policies: Vec<Policy>,
    /// Where the authorities' keys are; without it, in files.
    #[serde(default, skip_serializing_if = "KeyPlace::is_file")]
    pub(crate) keys: KeyPlace,
}

/// How long the certificates of an issuing authority hold.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Policy {
    /// 3 to 50 letters, digits and hyphens.
    pub(crate) name: String,
    /// 1 to 90.
    pub(crate) validity_days: u32,
}

/// The namespace with its keys, and the lock on its folder.
pub(crate) struct Namespace {
    /// What the device API calls it.
    pub(crate) id_scope: String,
    /// The group enrollment for which the relay speaks.
    pub(crate) relay_group: String,
    /// Where the authorities' keys are.
    pub(crate) place: KeyPlace,
    /// The station's folder.
    pub(crate) data: PathBuf,
    root: Authority,
    keys: Box<dyn Keys>,
    issuers: RwLock<Issuers>,
    /// Signs reports; opened when the first is asked for.
    reporter: Mutex<Option<Arc<Authority>>>,
    /// Judges certificates of this namespace.
    pub(crate) verifier: Arc<dyn ClientCertVerifier>,
    _lock: Lock,
}

/// The policies as they stand, each with its authority.
pub(crate) type Issuers = BTreeMap<String, (Policy, Authority)>;

impl Namespace {
    /// Makes a namespace in an empty or absent folder: a root, one policy, one group with fresh keys.
    pub(crate) fn create(
        data: &Path,
        now: UnixTime,
        access: &KeyAccess,
        token: Option<&TokenPlace>,
    ) -> Result<()> {
        files::private_folder(data)?;
        let _lock = lock(data)?;
        ensure!(
            !exists(data),
            "there is already a station in {}",
            data.display()
        );
        files::private_folder(&data.join(AUTHORITIES))?;
        let policy = Policy {
            name: "default".to_owned(),
            validity_days: 30,
        };
        let mark = random::hex::<4>()?;
        let place = match token {
            None => KeyPlace::File,
            // Several stations may share a token.
            Some(token) => KeyPlace::Pkcs11(TokenPlace {
                prefix: format!("signet-{mark}-"),
                ..token.clone()
            }),
        };
        let keys = place.open(&data.join(AUTHORITIES), access)?;
        let name = format!("Signet station root {mark}");
        let root = Authority::root(keys.create(ROOT)?, &name, 1, years(20, now))?;
        save(data, ROOT, &root.certificate)?;
        issuer(data, keys.as_ref(), &root, &policy, now)?;
        let group = Enrollment {
            name: "line".to_owned(),
            scope: Scope::Group,
            proof: Proof::fresh_keys()?,
            policy: Some(policy.name.clone()),
            device_id: None,
            disabled: false,
        };
        let description = Description {
            signet: 1,
            id_scope: format!("0ne{}", mark.to_ascii_uppercase()),
            relay_group: group.name.clone(),
            policies: vec![policy],
            keys: place,
        };
        enrollment::put(data, group)?;
        // Last, because its presence says that the rest is there.
        files::replace_json(&data.join(FILE), &description, Privacy::Public)
    }

    /// Opens a namespace, and makes the authorities of policies that were added to `station.json`.
    pub(crate) fn open(data: &Path, now: UnixTime, access: &KeyAccess) -> Result<Self> {
        let description = describe(data)?;
        let lock = lock(data)?;
        let keys = description.keys.open(&data.join(AUTHORITIES), access)?;
        let root = load(data, keys.as_ref(), ROOT)?;
        let mut issuers = BTreeMap::new();
        for policy in &description.policies {
            policy.check()?;
            let authority = match load(data, keys.as_ref(), &policy.name) {
                Ok(authority) => authority,
                Err(_) if !keys.has(&policy.name)? => {
                    issuer(data, keys.as_ref(), &root, policy, now)?
                }
                Err(error) if certificate_path(data, &policy.name).exists() => return Err(error),
                Err(_) => bail!(
                    "{} is missing, and the key of the policy {:?} is there: put the file back from a \
                     backup, or, if there never was one, delete its key",
                    certificate_path(data, &policy.name).display(),
                    policy.name
                ),
            };
            issuers.insert(policy.name.clone(), (policy.clone(), authority));
        }
        let verifier = tls::client_verifier([root.certificate.clone().into()])?;
        Ok(Self {
            id_scope: description.id_scope,
            relay_group: description.relay_group,
            place: description.keys,
            data: data.to_owned(),
            root,
            keys,
            issuers: RwLock::new(issuers),
            reporter: Mutex::default(),
            verifier,
            _lock: lock,
        })
    }

    /// The policies. While this is held none is added or deleted.
    pub(crate) fn issuers(&self) -> RwLockReadGuard<'_, Issuers> {
        self.issuers.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn issuers_mut(&self) -> RwLockWriteGuard<'_, Issuers> {
        self.issuers.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// DER of the root.
    pub(crate) fn root(&self) -> &[u8] {
        &self.root.certificate
    }

    /// SHA-256 of the root's DER, lower-case hex.
    pub(crate) fn root_sha256(&self) -> String {
        random::to_hex(&Sha256::digest(&self.root.certificate))
    }

    /// Issues for a device: leaf, issuing authority, root.
    pub(crate) fn issue(
        &self,
        issuers: &Issuers,
        policy: &str,
        common_name: &str,
        spki: &[u8],
        now: UnixTime,
    ) -> Result<Vec<Vec<u8>>> {
        let (policy, authority) = issuer_of(issuers, policy)?;
        self.issue_for(
            common_name,
            spki,
            Span::days(policy.validity_days, now),
            authority,
        )
    }

    /// Issues with another span than the policy's. For faults only.
    pub(crate) fn issue_within(
        &self,
        policy: &str,
        common_name: &str,
        spki: &[u8],
        span: Span,
    ) -> Result<Vec<Vec<u8>>> {
        let issuers = self.issuers();
        let (_, authority) = issuer_of(&issuers, policy)?;
        self.issue_for(common_name, spki, span, authority)
    }

    /// Whether there is an authority of that name.
    pub(crate) fn has_policy(&self, name: &str) -> bool {
        self.issuers().contains_key(name)
    }

    fn issue_for(
        &self,
        common_name: &str,
        spki: &[u8],
        span: Span,
        authority: &Authority,
    ) -> Result<Vec<Vec<u8>>> {
        let leaf = authority.device(common_name, spki, span)?;
        Ok(vec![
            leaf,
            authority.certificate.clone(),
            self.root.certificate.clone(),
        ])
    }
}

fn issuer_of<'a>(issuers: &'a Issuers, policy: &str) -> Result<&'a (Policy, Authority)> {
    let issuer = issuers.get(policy);
    issuer.with_context(|| format!("there is no policy {policy:?}"))
}

impl Description {
    /// Refuses an enrollment whose policy does not exist: its devices would be let in and never get an
    /// answer.
    pub(crate) fn admits(&self, entry: &Enrollment) -> Result<()> {
        let known = |name: &String| self.policies.iter().any(|policy| policy.name == *name);
        if let Some(name) = entry.policy.as_ref().filter(|name| !known(name)) {
            let names: Vec<&str> = self.policies.iter().map(|p| p.name.as_str()).collect();
            bail!(
                "enrollment {:?} names the policy {name:?}, but {FILE} has only: {}",
                entry.name,
                names.join(", ")
            );
        }
        Ok(())
    }
}

impl Policy {
    pub(crate) fn check(&self) -> Result<()> {
        let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
        ensure!(
            (3..=50).contains(&self.name.len())
                && self.name.bytes().all(plain)
                && self.name != ROOT,
            "{:?} is no name for a policy: 3 to 50 letters, digits and hyphens",
            self.name
        );
        ensure!(
            (1..=90).contains(&self.validity_days),
            "policy {:?}: validityDays is 1 to 90",
            self.name
        );
        Ok(())
    }
}

/// Reads `station.json`.
pub(crate) fn describe(data: &Path) -> Result<Description> {
    let description: Description = files::read_json(&data.join(FILE))?
        .with_context(|| format!("there is no station in {}", data.display()))?;
    ensure!(
        description.signet == 1,
        "{FILE} is of version {}, this program reads 1",
        description.signet
    );
    Ok(description)
}

/// PEM file of the root.
pub(crate) fn root_path(data: &Path) -> PathBuf {
    certificate_path(data, ROOT)
}

fn certificate_path(data: &Path, name: &str) -> PathBuf {
    data.join(AUTHORITIES).join(format!("{name}.pem"))
}

/// Whether there is a station in a folder.
pub(crate) fn exists(data: &Path) -> bool {
    data.join(FILE).exists()
}

const FILE: &str = "station.json";
/// The folder of the authorities.
pub(crate) const AUTHORITIES: &str = "ca";
const ROOT: &str = "root";

/// One program at a time: two would overwrite each other's records.
pub(crate) struct Lock(File);

impl Drop for Lock {
    fn drop(&mut self) {
        // Closing would do, but for a child process that still holds the file between fork and exec.
        let _ = self.0.unlock();
    }
}

/// Takes the lock on a station's folder.
pub(crate) fn lock(data: &Path) -> Result<Lock> {
    let path = data.join(".lock");
    let file = File::create(&path).with_context(|| format!("cannot make {}", path.display()))?;
    match file.try_lock() {
        Ok(()) => Ok(Lock(file)),
        Err(fs::TryLockError::WouldBlock) => bail!("another station works in {}", data.display()),
        Err(fs::TryLockError::Error(error)) => Err(error.into()),
    }
}

fn issuer(
    data: &Path,
    keys: &dyn Keys,
    root: &Authority,
    policy: &Policy,
    now: UnixTime,
) -> Result<Authority> {
    policy.check()?;
    let signer = keys.create(&policy.name)?;
    let name = format!("{} issuing {}", policy.name, random::hex::<4>()?);
    let authority = root.subordinate(signer, &name, years(10, now))?;
    save(data, &policy.name, &authority.certificate)?;
    Ok(authority)
}

fn years(years: u32, now: UnixTime) -> Span {
    Span::days(years * 365, now)
}

fn save(data: &Path, name: &str, certificate: &[u8]) -> Result<()> {
    let path = certificate_path(data, name);
    files::replace(&path, to_pem(certificate)?.as_bytes(), Privacy::Public)
}

fn load(data: &Path, keys: &dyn Keys, name: &str) -> Result<Authority> {
    let path = certificate_path(data, name);
    let named = || format!("cannot read {}", path.display());
    let pem = fs::read(&path).with_context(named)?;
    let (_, certificate) = pem_rfc7468::decode_vec(&pem)
        .map_err(|e| anyhow!(e))
        .with_context(named)?;
    Authority::held(certificate, keys.load(name)?).with_context(named)
}

/// PEM of a certificate.
pub(crate) fn to_pem(der: &[u8]) -> Result<String> {
    pem_rfc7468::encode_string("CERTIFICATE", pem_rfc7468::LineEnding::LF, der)
        .map_err(|error| anyhow!(error))
}

#[cfg(test)]
mod tests;
