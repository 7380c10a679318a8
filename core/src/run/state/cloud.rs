//! The cloud's side: key, CSR, registration, judgement; and the image that comes of it.

use md5::{Digest as _, Md5};
use sha2::Sha256;

use super::{Error, Image, Issuance, Output, Phase, Stage, State, Step, hex};
use crate::chain::{Expectations, VerifiedChain};
use crate::csr::Csr;
use crate::dps::{self, Credential, Registration, Settings};
use crate::flash::esp;
use crate::image::preset::{self, Credentials, TYPICAL_CHAIN};
use crate::key::PrivateKey;
use crate::recipe::Attestation;
use crate::run::Decision;
use crate::{Explain, Now};

impl State {
    pub(super) fn begin_key(&mut self, now: Now) {
        self.enter(now, Step::Keying, Phase::Keying);
        self.out.push_back(Output::NeedEntropy);
    }

    /// Makes key and CSR, then lets the journal know that DPS is about to be asked.
    pub(super) fn make_key(&mut self, now: Now, random: &[u8; crate::key::ENTROPY_BYTES]) {
        if self.step != Step::Keying {
            return;
        }
        let Some(key) = PrivateKey::from_entropy(random) else {
            return self.no_key(now, "it gave an unusable number");
        };
        let id = self.card.registration_id.clone().unwrap_or_default();
        match Csr::for_device(&key, &id) {
            Ok(csr) => self.csr = Some(csr),
            Err(error) => return self.fail(now, error.fault()),
        }
        self.key = Some(key);
        self.step = Step::Intending;
        // From here on the journal must take it for possible.
        self.issuance = Issuance::Possible;
        self.journal(now, Stage::Registering);
    }

    /// There is no second-best source of keys.
    pub(super) fn no_key(&mut self, now: Now, reason: &str) {
        if self.step == Step::Keying {
            let reason = reason.to_owned();
            self.fail(now, Error::Randomness { reason }.fault());
        }
    }

    pub(super) fn register(&mut self, now: Now) {
        let Some(credential) = self.credential() else {
            self.issuance = Issuance::None;
            return self.fail(now, Error::KeyMissing.fault());
        };
        let (Some(csr), Some(settings)) = (&self.csr, self.settings(credential)) else {
            return;
        };
        self.ask_dps(now, Registration::new(settings, csr, now));
    }

    /// Asks DPS what came of the operation that it is at work on.
    pub(super) fn resume(&mut self, now: Now) {
        let settings = self.credential().and_then(|key| self.settings(key));
        let (Some(operation_id), Some(settings)) = (&self.operation_id, settings) else {
            return;
        };
        self.ask_dps(now, Registration::resume(settings, operation_id, now));
    }

    fn ask_dps(&mut self, now: Now, registration: Registration) {
        self.registration = Some(registration);
        self.enter(now, Step::Registering, Phase::Registering);
        self.drain_registration(now);
    }

    /// What proves the device, unless the recipe wants a key that was not entered.
    fn credential(&self) -> Option<Credential> {
        let key = self.context.attestation_key.clone();
        match self.recipe.attestation {
            Attestation::Relay {} => Some(Credential::Relay),
            Attestation::DeviceKey {} => key.map(Credential::DeviceKey),
            Attestation::GroupKey {} => key.map(Credential::GroupKey),
        }
    }

    fn settings(&self, credential: Credential) -> Option<Settings> {
        let endpoint = &self.recipe.endpoint;
        Some(Settings {
            id_scope: endpoint.id_scope.clone(),
            registration_id: self.name.clone()?,
            api_version: endpoint.api_version.clone(),
            credential,
        })
    }

    pub(super) fn answer(&mut self, now: Now, input: dps::Input<'_>) {
        if let Some(registration) = &mut self.registration {
            registration.handle(now, input);
            self.drain_registration(now);
        }
    }

    fn drain_registration(&mut self, now: Now) {
        loop {
            let Some(registration) = &mut self.registration else {
                return;
            };
            match registration.poll() {
                dps::Output::Request(request) => self.out.push_back(Output::Request(request)),
                dps::Output::Assigning {
                    polls,
                    operation_id,
                } => {
                    self.card.polls = polls;
                    if self.operation_id.is_none() {
                        self.operation_id = Some(operation_id);
                        self.journal(now, Stage::Registering);
                    }
                }
                dps::Output::Assigned(assignment) => {
                    self.end_registration();
                    self.issuance = Issuance::Issued;
                    self.assignment = Some(assignment);
                    self.enter(now, Step::Keeping, Phase::Judging);
                    return self.journal(now, Stage::Issued);
                }
                dps::Output::Failed(error) => {
                    let resumable = registration.resumable().map(str::to_owned);
                    self.end_registration();
                    if let Some(operation_id) = resumable {
                        // The key has to be there for what DPS issues.
                        self.operation_id = Some(operation_id);
                        return self.ask(Step::Stalled, Decision::AskAgain, error.fault());
                    }
                    if self.proves_nothing_issued(&error) {
                        self.issuance = Issuance::None;
                    }
                    return self.fail(now, error.fault());
                }
                dps::Output::WaitUntil(at) => return self.dps_waits = Some(at),
                dps::Output::Idle => return self.dps_waits = None,
            }
        }
    }

    /// Whether it is certain that no certificate came out of this registration. Of one that DPS has
    /// accepted, only its own end is a proof.
    fn proves_nothing_issued(&self, error: &dps::Error) -> bool {
        let proof = match self.operation_id {
            Some(_) => error.ends_operation(),
            None => error.rules_out_issuance(),
        };
        proof && !self.doubtful
    }

    fn end_registration(&mut self) {
        self.registration = None;
        self.dps_waits = None;
    }

    /// Judges the chain; nothing is written before this has passed.
    pub(super) fn judge(&mut self, now: Now) {
        let (Some(assignment), Some(key)) = (&self.assignment, &self.key) else {
            return;
        };
        let expected = Expectations {
            common_name: self.card.registration_id.clone().unwrap_or_default(),
            public_point: key.public_point(),
            root_sha256: self
                .recipe
                .issued
                .root_sha256
                .iter()
                .map(|digest| digest.0)
                .collect(),
            validity_days: self.recipe.issued.validity_days,
        };
        match VerifiedChain::verify(&assignment.chain, &expected, now.utc) {
            Ok(chain) => self.chain = Some(chain),
            Err(error) => return self.fail(now, error.fault()),
        }
        if self.partition.is_some() {
            self.prepare(now);
        } else {
            self.ask(Step::Absent, Decision::Reconnect, Error::Unplugged.fault());
        }
    }

    /// Whether the partition takes what is going to be issued: no certificate is asked for in vain.
    pub(super) fn check_room(&self) -> Result<(), preset::Error> {
        let available = self
            .partition
            .as_ref()
            .map_or(0, |partition| partition.size);
        let needed = preset::needed(&self.recipe.board.preset, &TYPICAL_CHAIN, &self.roots())?;
        if needed > available {
            return Err(preset::Error::TooLarge { needed, available });
        }
        Ok(())
    }

    /// DER of the roots that the recipe names.
    fn roots(&self) -> Vec<Vec<u8>> {
        let digests = self.recipe.roots.iter();
        let found = digests.filter_map(|digest| crate::trust::find(&digest.0));
        found.map(<[u8]>::to_vec).collect()
    }

    /// Builds the image for the partition that was found, and lets the journal know.
    pub(super) fn prepare(&mut self, now: Now) {
        let (Some(chain), Some(key), Some(partition)) = (&self.chain, &self.key, &self.partition)
        else {
            return;
        };
        let roots = self.roots();
        let credentials = Credentials {
            private_key: key,
            chain: chain.certificates(),
            roots: &roots,
        };
        let bytes = match preset::build(&self.recipe.board.preset, &credentials, partition.size) {
            Ok(bytes) => bytes,
            Err(error) => return self.fail(now, error.fault()),
        };
        // What no reader of this layout would find again must not be written.
        if let Err(error) = preset::verify(&self.recipe.board.preset, &credentials, &bytes) {
            return self.fail(now, error.fault());
        }
        let image = Image {
            sha256: hex(&Sha256::digest(&bytes)),
            md5: hex(&Md5::digest(&bytes)),
            bytes,
        };
        self.image = Some(image);
        self.enter(now, Step::Promising, Phase::Writing);
        self.journal(now, Stage::Writing);
    }

    pub(super) fn write(&mut self, now: Now) {
        let Some(image) = &self.image else { return };
        let image = image.bytes.clone();
        self.enter(now, Step::Writing, Phase::Writing);
        self.order(now, esp::Command::Write { image });
    }

    /// The board proved what it holds. It must be what was meant.
    pub(super) fn written(&mut self, now: Now, md5: &str) {
        let meant = self.image.as_ref().map(|image| image.md5.as_str());
        if self.step != Step::Writing || meant != Some(md5) {
            return;
        }
        self.proved_md5 = Some(md5.to_owned());
        self.enter(now, Step::Proving, Phase::Finishing);
        self.journal(now, Stage::Written);
    }
}
