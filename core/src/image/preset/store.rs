//! Credentials in NVS.

use zeroize::Zeroizing;

use super::{
    Contents, Credentials, DeviceNames, Error, NvsNames, Part, SECTOR_BYTES, bundle, private_key,
    unbundle,
};
use crate::image::nvs::{self, Builder, Value};

/// Namespace of the roots in Microsoft's samples.
const AZURE_NAMESPACE: &str = "trusted-ca";
/// Key of the roots there.
const AZURE_BUNDLE: &str = "az-tb";
/// Key of their version there; what a recovery service sends has a higher one.
const AZURE_VERSION: &str = "az-tb-ver";

/// Where each part stands.
pub(super) struct Places<'a> {
    device: &'a str,
    private_key: &'a str,
    chain: &'a str,
    /// Key of the roots in the device's namespace; `None` for Microsoft's place.
    roots: Option<&'a str>,
}

impl<'a> From<&'a NvsNames> for Places<'a> {
    fn from(names: &'a NvsNames) -> Self {
        Self {
            device: &names.namespace,
            private_key: &names.private_key,
            chain: &names.chain,
            roots: Some(&names.roots),
        }
    }
}

impl<'a> From<&'a DeviceNames> for Places<'a> {
    fn from(names: &'a DeviceNames) -> Self {
        Self {
            device: &names.namespace,
            private_key: &names.private_key,
            chain: &names.chain,
            roots: None,
        }
    }
}

/// Whether every name can be used, so that [`build`] can fail for want of room only; else the field of
/// the recipe that is to blame.
pub(super) fn check(places: &Places<'_>) -> Result<(), (&'static str, nvs::Error)> {
    nvs::check_name(places.device).map_err(|error| ("namespace", error))?;
    let mut taken = match places.roots {
        Some(_) => Vec::new(),
        None => vec![
            (AZURE_NAMESPACE, AZURE_BUNDLE),
            (AZURE_NAMESPACE, AZURE_VERSION),
        ],
    };
    for (field, key) in [
        ("privateKey", Some(places.private_key)),
        ("chain", Some(places.chain)),
        ("roots", places.roots),
    ] {
        let Some(key) = key else { continue };
        nvs::check_name(key).map_err(|error| (field, error))?;
        if taken.contains(&(places.device, key)) {
            let key = key.to_owned();
            return Err((field, nvs::Error::DuplicateKey { key }));
        }
        taken.push((places.device, key));
    }
    Ok(())
}

pub(super) fn build(
    places: &Places<'_>,
    credentials: &Credentials<'_>,
    size: u32,
) -> Result<Zeroizing<Vec<u8>>, Error> {
    let mut nvs = Builder::new(size)?;
    match fill(&mut nvs, places, credentials) {
        Ok(()) => Ok(nvs.finish()),
        Err(nvs::Error::Full { .. }) => Err(too_large(places, credentials, size)),
        Err(error) => Err(error.into()),
    }
}

fn fill(
    nvs: &mut Builder,
    places: &Places<'_>,
    credentials: &Credentials<'_>,
) -> Result<(), nvs::Error> {
    nvs.namespace(places.device)?;
    // The string first: it has to lie within one page, the blobs fill what is left.
    let key = credentials.private_key.to_pkcs8_pem();
    nvs.set(places.private_key, &Value::string(&key))?;
    let chain = bundle(credentials.chain);
    nvs.set(places.chain, &Value::blob(chain.as_bytes()))?;
    let roots = Value::blob(bundle(credentials.roots).as_bytes());
    match places.roots {
        Some(key) => nvs.set(key, &roots),
        None => {
            nvs.namespace(AZURE_NAMESPACE)?;
            nvs.set(AZURE_BUNDLE, &roots)?;
            nvs.set(AZURE_VERSION, &Value::U32(1))
        }
    }
}

/// Largest partition that is tried for [`Error::TooLarge`], in pages: 1 MiB.
const MAX_TRIED: u32 = 256;

/// How much room it would take, by trying larger partitions.
fn too_large(places: &Places<'_>, credentials: &Credentials<'_>, size: u32) -> Error {
    let fits = |size: &u32| {
        Builder::new(*size).is_ok_and(|mut nvs| fill(&mut nvs, places, credentials).is_ok())
    };
    let larger = (1..=MAX_TRIED).map(|pages| pages * SECTOR_BYTES);
    Error::TooLarge {
        needed: larger
            .filter(|&larger| larger > size)
            .find(fits)
            .unwrap_or(u32::MAX),
        available: size,
    }
}

pub(super) fn read(places: &Places<'_>, image: &[u8]) -> Result<Contents, Error> {
    let nvs = nvs::parse(image)?;
    if let Some(finding) = nvs.findings.first() {
        return Err(Error::Damaged {
            finding: finding.to_string(),
        });
    }
    let bytes = |namespace, key, part| match nvs.get(namespace, key) {
        None => Ok(None),
        Some(value) => value.as_bytes().map(Some).ok_or(Error::Unreadable { part }),
    };
    let certificates = |namespace, key, part| match bytes(namespace, key, part)? {
        None | Some([]) => Ok(Vec::new()),
        Some(text) => unbundle(text, part),
    };
    let (roots_in, roots) = match places.roots {
        Some(key) => (places.device, key),
        None => (AZURE_NAMESPACE, AZURE_BUNDLE),
    };
    Ok(Contents {
        private_key: bytes(places.device, places.private_key, Part::Key)?
            .map(private_key)
            .transpose()?,
        chain: certificates(places.device, places.chain, Part::Chain)?,
        roots: certificates(roots_in, roots, Part::Roots)?,
    })
}
