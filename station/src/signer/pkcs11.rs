//! Keys in a token or an HSM, through its PKCS #11 module (OASIS PKCS #11 Specification 3.1).
//!
//! One session signs, one signature at a time. A session that was lost (the token was pulled, its daemon
//! or the network broke) is opened again once for each signature; after a refused PIN never again, because
//! tokens lock themselves.

mod object;
mod refusal;

use std::collections::BTreeMap;
use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::{Context, Result, anyhow, bail, ensure};
use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::error::{Error, RvError};
use cryptoki::mechanism::{Mechanism, MechanismType};
use cryptoki::object::{ObjectClass, ObjectHandle};
use cryptoki::session::{Session, UserType};
use cryptoki::slot::Slot;
use cryptoki::types::AuthPin;
use p384::ecdsa::Signature;
use sha2::{Digest, Sha384};
use signet_core::key::PublicKey;

use self::refusal::{Refusal, is_lost, is_pin};
use super::Signer;
use super::keys::{Keys, TokenPlace};
use crate::log;
use crate::secret::Secret;

/// A token that is logged in to.
pub(crate) struct Token {
    module: Pkcs11,
    place: TokenPlace,
    pin: Secret,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    live: Option<Live>,
    /// The token refused the PIN.
    refused: bool,
}

/// A session, and what is known of it.
struct Live {
    session: Session,
    slot: Slot,
    /// Whether the token hashes by itself.
    hashes: bool,
    /// Private keys that were found, by label.
    keys: BTreeMap<String, ObjectHandle>,
}

/// A key in a token.
struct TokenSigner {
    token: Arc<Token>,
    label: String,
    public: PublicKey,
}

impl Token {
    /// Loads the module, finds the token, and logs in.
    pub(crate) fn open(place: &TokenPlace, pin: Secret) -> Result<Self> {
        let token = Self {
            module: module(&place.module)?,
            place: place.clone(),
            pin,
            state: Mutex::default(),
        };
        token.with(|_| Ok(()))?;
        Ok(token)
    }

    /// Does something in the session; once more, in a new one, if the session turns out to be lost.
    fn with<T>(&self, work: impl Fn(&mut Live) -> Result<T>) -> Result<T> {
        let mut state: MutexGuard<'_, State> =
            self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let is_old = state.live.is_some();
        let result = self.live(&mut state).and_then(&work);
        match result {
            Err(error) if is_old && is_lost(&error) => {
                let facts: [(&str, &dyn Display); 2] =
                    [("token", &self.place.token), ("why", &format!("{error:#}"))];
                log::line("token-session-lost", &facts);
                state.live = None;
                self.live(&mut state).and_then(&work)
            }
            result => result,
        }
        .with_context(|| format!("the token {:?}", self.place.token))
    }

    fn live<'a>(&self, state: &'a mut State) -> Result<&'a mut Live> {
        if state.live.is_none() {
            ensure!(
                !state.refused,
                "it refused the PIN and is not asked again: start the station with the right one"
            );
            match self.connect() {
                Ok(live) => state.live = Some(live),
                Err(error) => {
                    state.refused = is_pin(&error);
                    return Err(error);
                }
            }
        }
        state.live.as_mut().context("there is no session")
    }

    fn connect(&self) -> Result<Live> {
        initialize(&self.module)?;
        let slot = self.slot()?;
        let session = self.module.open_ro_session(slot);
        let session = session.map_err(Refusal)?;
        let pin = AuthPin::from(self.pin.expose());
        match session.login(UserType::User, Some(&pin)) {
            // Logging in counts for the whole program: another station in it has done so.
            Ok(()) | Err(Error::Pkcs11(RvError::UserAlreadyLoggedIn, _)) => {}
            Err(error) => return Err(Refusal(error).into()),
        }
        let mechanisms = self.module.get_mechanism_list(slot);
        let mechanisms = mechanisms.map_err(Refusal)?;
        let hashes = mechanisms.contains(&MechanismType::ECDSA_SHA384);
        ensure!(
            hashes || mechanisms.contains(&MechanismType::ECDSA),
            "it cannot sign with ECDSA: take another one"
        );
        Ok(Live {
            session,
            slot,
            hashes,
            keys: BTreeMap::new(),
        })
    }

    fn slot(&self) -> Result<Slot> {
        let (mut found, mut labels) = (Vec::new(), Vec::new());
        let slots = self.module.get_slots_with_initialized_token();
        for slot in slots.map_err(Refusal)? {
            let label = self.module.get_token_info(slot).map_err(Refusal)?;
            let label = label.label().to_owned();
            if label == self.place.token {
                found.push(slot);
            }
            labels.push(label);
        }
        match found.as_slice() {
            [slot] => Ok(*slot),
            [] => Err(Refusal(Error::Pkcs11(
                RvError::TokenNotPresent,
                cryptoki::context::Function::GetSlotList,
            )))
            .with_context(|| {
                format!(
                    "{} has no token labelled {:?}; it has: {labels:?}",
                    self.place.module.display(),
                    self.place.token
                )
            }),
            _ => bail!(
                "{} has {} tokens labelled {:?}: give each its own label",
                self.place.module.display(),
                found.len(),
                self.place.token
            ),
        }
    }

    fn generate(&self, label: &str) -> Result<()> {
        self.with(|live| {
            for class in [ObjectClass::PRIVATE_KEY, ObjectClass::PUBLIC_KEY] {
                ensure!(
                    object::find(&live.session, class, label)?.is_none(),
                    "it already has a key labelled {label:?}: delete that, or put the station's \
                     own files back"
                );
            }
            let session = self.module.open_rw_session(live.slot).map_err(Refusal)?;
            object::generate(&session, label)
        })
    }

    /// Destroys both halves of a pair.
    fn destroy(&self, label: &str) -> Result<()> {
        self.with(|live| {
            live.keys.remove(label);
            let session = self.module.open_rw_session(live.slot).map_err(Refusal)?;
            for class in [ObjectClass::PRIVATE_KEY, ObjectClass::PUBLIC_KEY] {
                if let Some(object) = object::find(&session, class, label)? {
                    session.destroy_object(object).map_err(Refusal)?;
                }
            }
            Ok(())
        })
    }

    fn public(&self, label: &str) -> Result<PublicKey> {
        self.with(|live| {
            let found = object::find(&live.session, ObjectClass::PUBLIC_KEY, label)?;
            let handle = found.with_context(|| format!("it has no public key {label:?}"))?;
            object::public_key(&live.session, handle)
        })
    }

    /// The signature as the token gives it: r and s, each of 48 bytes.
    fn sign(&self, label: &str, message: &[u8]) -> Result<Vec<u8>> {
        self.with(|live| {
            let key = match live.keys.get(label) {
                Some(key) => *key,
                None => {
                    let found = object::find(&live.session, ObjectClass::PRIVATE_KEY, label)?;
                    found.with_context(|| format!("it has no private key {label:?}"))?
                }
            };
            live.keys.insert(label.to_owned(), key);
            let session = &live.session;
            let signature = if live.hashes {
                session.sign(&Mechanism::EcdsaSha384, key, message)
            } else {
                session.sign(&Mechanism::Ecdsa, key, &Sha384::digest(message))
            };
            Ok(signature.map_err(Refusal)?)
        })
    }

    fn label(&self, name: &str) -> String {
        format!("{}{name}", self.place.prefix)
    }
}

impl Keys for Arc<Token> {
    fn create(&self, name: &str) -> Result<Box<dyn Signer>> {
        self.generate(&self.label(name))?;
        self.load(name)
    }

    fn load(&self, name: &str) -> Result<Box<dyn Signer>> {
        let label = self.label(name);
        let public = self.public(&label)?;
        Ok(Box::new(TokenSigner {
            token: Self::clone(self),
            label,
            public,
        }))
    }

    fn has(&self, name: &str) -> Result<bool> {
        let label = self.label(name);
        self.with(|live| {
            let found = object::find(&live.session, ObjectClass::PRIVATE_KEY, &label)?;
            Ok(found.is_some())
        })
    }

    fn destroy(&self, name: &str) -> Result<()> {
        Token::destroy(self, &self.label(name))
    }
}

impl Signer for TokenSigner {
    fn public_point(&self) -> [u8; 97] {
        self.public.to_point()
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>> {
        let raw = self.token.sign(&self.label, message)?;
        let signature = Signature::from_slice(&raw).map_err(|_| {
            anyhow!(
                "the token's signature is not one of P-384, but {} bytes: is {:?} a P-384 key?",
                raw.len(),
                self.label
            )
        })?;
        let signature = signature.to_der().as_bytes().to_vec();
        // The two halves are two objects, and only their labels say that they belong together.
        self.public.verify(message, &signature).map_err(|_| {
            anyhow!(
                "the private and the public key {:?} in the token do not belong together",
                self.label
            )
        })?;
        Ok(signature)
    }
}

/// Modules stay loaded: what is initialised in them counts for the whole program.
static MODULES: Mutex<BTreeMap<PathBuf, Pkcs11>> = Mutex::new(BTreeMap::new());

fn module(path: &Path) -> Result<Pkcs11> {
    let mut modules = MODULES.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(module) = modules.get(path) {
        return Ok(module.clone());
    }
    let module = Pkcs11::new(path).map_err(Refusal).with_context(|| {
        format!(
            "cannot load the PKCS #11 module {}: is it installed?",
            path.display()
        )
    })?;
    modules.insert(path.to_owned(), module.clone());
    Ok(module)
}

fn initialize(module: &Pkcs11) -> Result<()> {
    match module.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)) {
        Ok(()) | Err(Error::Pkcs11(RvError::CryptokiAlreadyInitialized, _)) => Ok(()),
        Err(error) => Err(Refusal(error).into()),
    }
}
