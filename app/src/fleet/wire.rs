use js_sys::{Array, Reflect, Uint8Array, Uint32Array};
use serde::{Deserialize, Serialize};
use signet_core::UnixTime;
use wasm_bindgen::{JsCast, JsValue};

/// How certificates are to be judged.
#[derive(Clone, Debug)]
pub(crate) struct Order {
    /// DER of each trusted certificate.
    pub(crate) anchors: Pile,
    /// DER of the other authorities.
    pub(crate) bag: Pile,
    /// DER of revocation lists.
    pub(crate) crls: Pile,
    /// The moment of judgement.
    pub(crate) at: UnixTime,
    /// Whose rules: the place of the profile among those of the Bench.
    pub(crate) profile: usize,
}

/// Objects end to end in one block, so that a message is one copy and not thousands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Pile {
    bytes: Vec<u8>,
    ends: Vec<u32>,
}

/// A message to a worker, with the blocks of memory that move there and are not copied.
pub(super) struct Letter {
    pub(super) message: JsValue,
    pub(super) moved: Array,
}

/// What became of one certificate.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Fate {
    /// The code of the rule that refuses it; empty if it is accepted.
    pub(crate) code: String,
    /// The sentence that a person needs.
    pub(crate) what: String,
    /// What would mend it.
    pub(crate) mend: String,
}

/// What became of a share. Most fleets are sound, and of what is accepted there is nothing to say.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Fates {
    /// How many certificates were judged.
    pub(super) judged: usize,
    /// Those that are refused, each with its place in the share.
    pub(super) refused: Vec<(usize, Fate)>,
}

/// What a worker tells.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Told {
    /// It runs and waits for its order.
    Ready,
    /// What became of the share that came first.
    Done(Fates),
}

impl Fate {
    pub(crate) fn is_accepted(&self) -> bool {
        self.code.is_empty()
    }
}

impl FromIterator<Fate> for Fates {
    fn from_iter<I: IntoIterator<Item = Fate>>(fates: I) -> Self {
        let mut found = Self::default();
        for fate in fates {
            if !fate.is_accepted() {
                found.refused.push((found.judged, fate));
            }
            found.judged += 1;
        }
        found
    }
}

impl Pile {
    /// Adds an object at the end. What would not fit into 4 GiB is not added.
    pub(crate) fn push(&mut self, der: &[u8]) {
        if let Ok(end) = u32::try_from(self.bytes.len().saturating_add(der.len())) {
            self.bytes.extend_from_slice(der);
            self.ends.push(end);
        }
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &[u8]> {
        let starts = core::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(from, to)| {
            let range = usize::try_from(from).ok().zip(usize::try_from(*to).ok());
            let bytes = range.and_then(|(from, to)| self.bytes.get(from..to));
            bytes.unwrap_or_default()
        })
    }

    pub(super) fn letter(&self) -> Letter {
        let bytes = Uint8Array::from(&*self.bytes);
        let ends = Uint32Array::from(&*self.ends);
        Letter {
            moved: Array::of2(&bytes.buffer(), &ends.buffer()),
            message: Array::of2(&bytes, &ends).into(),
        }
    }

    pub(super) fn from_js(value: &JsValue) -> Option<Self> {
        let pair: &Array = value.dyn_ref()?;
        let bytes: Uint8Array = pair.get(0).dyn_into().ok()?;
        let ends: Uint32Array = pair.get(1).dyn_into().ok()?;
        let (bytes, ends) = (bytes.to_vec(), ends.to_vec());
        Some(Self { bytes, ends })
    }
}

impl<'a> FromIterator<&'a [u8]> for Pile {
    fn from_iter<I: IntoIterator<Item = &'a [u8]>>(ders: I) -> Self {
        let mut pile = Self::default();
        for der in ders {
            pile.push(der);
        }
        pile
    }
}

/// The parts of a message, in their order.
const PILES: [&str; 3] = ["anchors", "bag", "crls"];

impl Order {
    pub(super) fn letter(&self) -> Letter {
        let (message, moved) = (js_sys::Object::new(), Array::new());
        let piles = [&self.anchors, &self.bag, &self.crls];
        for (name, pile) in PILES.into_iter().zip(piles) {
            let letter = pile.letter();
            set(&message, name, &letter.message);
            letter.moved.iter().for_each(|block| {
                moved.push(&block);
            });
        }
        set(&message, "at", &self.at.0.to_string().into());
        set(&message, "profile", &self.profile.to_string().into());
        let message = message.into();
        Letter { message, moved }
    }

    pub(super) fn from_js(message: &JsValue) -> Option<Self> {
        let field = |name: &str| Reflect::get(message, &name.into()).ok();
        let number = |name| field(name)?.as_string();
        let [anchors, bag, crls] =
            PILES.map(|name| field(name).and_then(|value| Pile::from_js(&value)));
        Some(Self {
            anchors: anchors?,
            bag: bag?,
            crls: crls?,
            at: UnixTime(number("at")?.parse().ok()?),
            profile: number("profile")?.parse().ok()?,
        })
    }
}

fn set(object: &js_sys::Object, name: &str, value: &JsValue) {
    // A plain object takes every field.
    let _ = Reflect::set(object, &name.into(), value);
}

impl Told {
    pub(super) fn to_js(&self) -> JsValue {
        // Numbers and texts: nothing in it can fail to become JSON.
        serde_json::to_string(self).unwrap_or_default().into()
    }

    pub(super) fn from_js(message: &JsValue) -> Option<Self> {
        serde_json::from_str(&message.as_string()?).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pile_gives_back_what_it_got() {
        let ders = [&b"one"[..], b"", b"three"];
        let pile: Pile = ders.into_iter().collect();
        assert!(pile.iter().eq(ders));
    }
}
