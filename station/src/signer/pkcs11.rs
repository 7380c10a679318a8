//! Keys in a token or an HSM, through its PKCS #11 module (OASIS PKCS #11 Specification 3.1).
//!
//! One session signs, one signature at a time. A session that was lost (the token was pulled, its daemon
//! or the network broke) is opened again once for each signature; after a refused PIN never again, because
//! tokens lock themselves.

mod authority;
mod certified;
mod client;
mod object;
mod refusal;
mod way;

use std::collections::BTreeMap;
use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use anyhow::{Context, Result, bail, ensure};
use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::error::{Error, RvError};
use cryptoki::mechanism::MechanismType;
use cryptoki::object::{KeyType, ObjectClass, ObjectHandle};
use cryptoki::session::{Session, UserType};
use cryptoki::slot::Slot;
use cryptoki::types::AuthPin;
use rustls::SignatureScheme;

use self::refusal::{Refusal, is_lost, is_no_token, is_pin};
use self::way::Way;
use super::keys::TokenPlace;
use crate::log;
use crate::secret::Secret;

pub(super) use client::ClientKey;

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
    /// What the token can do.
    mechanisms: Vec<MechanismType>,
    /// Private keys that were found, by label.
    keys: BTreeMap<String, ObjectHandle>,
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
                "it refused the PIN and is not asked again: start the program with the right one"
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
        Ok(Live {
            session,
            slot,
            mechanisms: mechanisms.map_err(Refusal)?,
            keys: BTreeMap::new(),
        })
    }

    fn slot(&self) -> Result<Slot> {
        let (mut found, mut labels) = (Vec::new(), Vec::new());
        for slot in self.module.get_slots_with_token().map_err(Refusal)? {
            let token = match self.module.get_token_info(slot) {
                Ok(token) if token.token_initialized() => token,
                Ok(_) => continue,
                // In another reader, perhaps.
                Err(error) if is_no_token(&error) => continue,
                Err(error) => return Err(Refusal(error).into()),
            };
            let label = token.label().to_owned();
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

    /// The signature as the token gives it, with the one private key of that kind and label.
    fn sign(
        &self,
        kind: KeyType,
        label: &str,
        scheme: SignatureScheme,
        message: &[u8],
    ) -> Result<Vec<u8>> {
        self.with(|live| {
            let way = live.way(scheme)?;
            let key = match live.keys.get(label) {
                Some(key) => *key,
                None => {
                    let class = ObjectClass::PRIVATE_KEY;
                    let found = object::find(&live.session, class, kind, label)?;
                    found.with_context(|| {
                        format!("it has no private {} key {label:?}", object::named(kind))
                    })?
                }
            };
            live.keys.insert(label.to_owned(), key);
            let signature = live.session.sign(&way.mechanism, key, &way.input(message));
            Ok(signature.map_err(Refusal)?)
        })
    }
}

impl Live {
    /// How the token makes such signatures.
    fn way(&self, scheme: SignatureScheme) -> Result<Way> {
        Way::find(scheme, &self.mechanisms)
            .with_context(|| format!("it cannot sign with {scheme:?}: take another one"))
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
