use core::fmt;

use serde::{Serialize, Serializer};

/// Declares each rule with its code, the section that sets it, what it demands, and what mends a
/// breach when the facts allow no better advice.
macro_rules! rules {
    ($($variant:ident $code:literal $section:literal $demand:literal $mend:literal;)*) => {
        /// One rule that a path, a certificate or a revocation list can break.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Rule {
            $(#[doc = $demand] $variant,)*
        }

        impl Rule {
            /// Every rule, in the order of this file.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The stable code: room, dot, kebab-case name. Never renamed.
            pub const fn code(self) -> &'static str {
                match self { $(Self::$variant => $code,)* }
            }

            /// The section that sets the rule.
            pub const fn section(self) -> &'static str {
                match self { $(Self::$variant => $section,)* }
            }

            /// What the rule demands, one sentence.
            pub const fn demand(self) -> &'static str {
                match self { $(Self::$variant => $demand,)* }
            }

            /// What mends a breach, one imperative sentence.
            pub const fn mend(self) -> &'static str {
                match self { $(Self::$variant => $mend,)* }
            }
        }
    };
}

rules! {
    // The path itself: RFC 5280 section 6.1, in its order.
    CertificateForm "path.certificate-form" "RFC 5280 4.1" "The object is one DER certificate." "Get the certificate again from its issuer; this copy is damaged or no certificate.";
    ExtensionForm "path.extension-form" "RFC 5280 4.2" "Each extension that decides about the path can be read." "Have the certificate issued again with a well-formed extension.";
    RepeatedExtension "path.repeated-extension" "RFC 5280 4.2" "No extension stands in a certificate twice." "Have the certificate issued again with each extension once.";
    AlgorithmAgreement "path.algorithm-agreement" "RFC 5280 4.1.1.2" "The algorithm inside the signed part is the one outside." "Have the certificate issued again; its two algorithm fields must agree.";
    SignatureAlgorithm "path.signature-algorithm" "RFC 5280 6.1.3 (a)(1)" "The signature algorithm is one that can be checked and that the profile allows." "Have the certificate issued again with an algorithm that the profile allows.";
    Signature "path.signature" "RFC 5280 6.1.3 (a)(1)" "The issuer's key verifies the signature." "Find the issuer's certificate with the right key, or get this certificate again.";
    NotYetValid "path.not-yet-valid" "RFC 5280 6.1.3 (a)(2)" "The certificate's validity has begun." "Wait, correct the clock, or take a certificate that is valid already.";
    Expired "path.expired" "RFC 5280 6.1.3 (a)(2)" "The certificate's validity has not ended." "Renew the certificate, or look for a newer one of the same name.";
    Revoked "path.revoked" "RFC 5280 6.1.3 (a)(3)" "The issuer has not revoked the certificate." "Stop using the certificate and have a new one issued.";
    RevocationUnknown "path.revocation-unknown" "RFC 5280 6.3.3" "A current revocation list says that the certificate is good." "Add a current revocation list of the issuer.";
    NameChaining "path.name-chaining" "RFC 5280 6.1.3 (a)(4)" "The issuer's name is the subject of the certificate above." "Add the certificate whose subject is the issuer's name.";
    NamePermitted "path.name-permitted" "RFC 5280 6.1.3 (b)" "Each name lies within the permitted subtrees of every authority above." "Have the certificate issued with names that the authority may use.";
    NameExcluded "path.name-excluded" "RFC 5280 6.1.3 (c)" "No name lies within an excluded subtree of an authority above." "Have the certificate issued without the excluded name.";
    NameForm "path.name-form" "RFC 5280 4.2.1.6" "A name that constraints apply to is well formed and of a kind that can be compared." "Have the certificate issued again with a well-formed name.";
    ConstraintForm "path.constraint-form" "RFC 5280 4.2.1.10" "Each name constraint is well formed and of a kind that can be applied." "Have the authority's certificate issued again with well-formed constraints.";
    PolicyRequired "path.policy-required" "RFC 9618 5.3 (f)" "A certificate policy holds for the whole path where one is required." "Use a path whose certificates all assert the policy, or ask for another policy.";
    PolicyMappingAny "path.policy-mapping-any" "RFC 5280 6.1.4 (a)" "anyPolicy is mapped neither from nor to." "Have the authority's certificate issued again without a mapping of anyPolicy.";
    PolicyAccepted "path.policy-accepted" "RFC 9618 5.5 (g)" "At the end a policy remains that the question accepts." "Ask for one of the policies that the path asserts.";
    IssuerIsCa "path.issuer-is-ca" "RFC 5280 6.1.4 (k)" "Whoever signs certificates is an authority by its basic constraints." "Use an issuer whose certificate has basicConstraints with cA TRUE.";
    PathLength "path.path-length" "RFC 5280 6.1.4 (l)" "No more authorities stand below an authority than it allows." "Use a shorter path, or an authority without that limit.";
    MaxDepth "path.max-depth" "RFC 5280 6.1.2 (k)" "The path has no more authorities than the question allows." "Allow a longer path, or use a shorter one.";
    IssuerMaySign "path.issuer-may-sign" "RFC 5280 6.1.4 (n)" "An authority's key usage, if there is one, includes keyCertSign." "Use an authority whose key usage includes keyCertSign.";
    UnknownCritical "path.unknown-critical" "RFC 5280 6.1.4 (o)" "Every critical extension is understood." "Have the certificate issued without this extension, or not critical.";
    KeyUsage "path.key-usage" "RFC 5280 4.2.1.3" "The key usage, if there is one, allows what the certificate is needed for." "Have the certificate issued with the needed key usage.";
    Purpose "path.purpose" "RFC 5280 4.2.1.12" "The extended key usage, if there is one, includes the needed purpose." "Have the certificate issued with the needed purpose.";
    IssuerPurpose "path.issuer-purpose" "RFC 5280 4.2.1.12" "The extended key usage of an authority, if there is one, includes the needed purpose." "Use an authority that may issue for this purpose.";
    PeerName "path.peer-name" "RFC 9525 6" "The certificate is for the name that was asked for." "Ask for a name that the certificate holds, or have one issued for this name.";
    IssuerMissing "path.issuer-missing" "RFC 5280 6.1" "The issuer of each certificate is at hand." "Add the missing issuer's certificate.";
    Untrusted "path.untrusted" "RFC 5280 6.1.1 (d)" "The path ends at a trust anchor." "Trust the root that the path ends at, or find a path to a trusted one.";
    Loop "path.loop" "RFC 4158 5.2" "No name and key stand in a path twice." "Add an issuer that leads to a root.";
    // Revocation lists: RFC 5280 sections 5 and 6.3.
    CrlForm "crl.form" "RFC 5280 5.1" "The object is one DER revocation list." "Get the revocation list again.";
    CrlIssuer "crl.issuer" "RFC 5280 6.3.3 (b)(1)" "The list comes from the certificate's issuer or the one it names for this." "Add the list of the issuer.";
    CrlScope "crl.scope" "RFC 5280 6.3.3 (b)(2)" "The list covers the certificate." "Add the list of the distribution point that the certificate names.";
    CrlIndirect "crl.indirect" "RFC 5280 5.2.5" "A list of another issuer is marked indirect, and indirect lists are not followed here." "Add a list that the certificate's own issuer signed.";
    CrlCurrent "crl.current" "RFC 5280 6.3.3 (a)" "The moment lies between the list's dates." "Get a current revocation list.";
    CrlSigner "crl.signer" "RFC 5280 6.3.3 (f)" "The list's signer may sign lists and has a path of its own to the same anchor." "Add the certificate that signs the issuer's lists.";
    CrlSignature "crl.signature" "RFC 5280 6.3.3 (g)" "The signer's key verifies the list's signature." "Get the revocation list again.";
    CrlUnknownCritical "crl.unknown-critical" "RFC 5280 5.2" "Every critical extension of the list is understood." "Get a list without this extension.";
    CrlDeltaBase "crl.delta-base" "RFC 5280 6.3.3 (c)" "A delta list goes with a complete list of the same scope." "Add the complete list that the delta list continues.";
    // Budgets.
    BudgetSignatures "budget.signatures" "RFC 4158 2.4.2" "The search needs no more signature checks than the budget." "Remove certificates that do not belong to the path.";
    BudgetCandidates "budget.candidates" "RFC 4158 2.4.2" "The search looks at no more candidates than the budget." "Remove certificates that do not belong to the path.";
    BudgetPaths "budget.paths" "RFC 4158 2.4.2" "The search judges no more paths than the budget." "Remove certificates that do not belong to the path.";
    BudgetNames "budget.names" "RFC 5280 6.1.3 (b)" "Names times constraints stay within the budget." "Have the certificate issued with fewer names or the authority with fewer constraints.";
    BudgetPolicies "budget.policies" "RFC 9618 3" "The policy graph stays within the budget." "Use certificates with fewer policies.";
    BudgetDepth "budget.depth" "RFC 4158 2.4.2" "The path is no longer than the budget." "Remove certificates that do not belong to the path.";
    BudgetObjects "budget.objects" "RFC 4158 2.4.2" "There are no more objects than the budget, and none is larger." "Remove what does not belong to the path.";
    // What RFC 5280 section 4 demands of conforming certificates and section 6 does not look at.
    Version "rfc5280.version" "RFC 5280 4.1.2.1" "A certificate with extensions has version 3, and one with unique identifiers 2 or 3." "Have the certificate issued again as version 3.";
    Serial "rfc5280.serial" "RFC 5280 4.1.2.2" "The serial number is positive and has at most 20 bytes." "Have the certificate issued again with a proper serial number.";
    IssuerName "rfc5280.issuer-name" "RFC 5280 4.1.2.4" "The issuer's name is not empty." "Have the certificate issued again with its issuer's name.";
    SubjectName "rfc5280.subject-name" "RFC 5280 4.1.2.6" "An authority has a subject, and whoever has none has a critical subject alternative name." "Have the certificate issued again with a subject, or with a critical alternative name.";
    NameAttributes "rfc5280.name-attributes" "RFC 5280 4.1.2.4" "The attributes of a name are text of their type, neither empty nor too long." "Have the certificate issued again with a well-formed subject.";
    TimeEncoding "rfc5280.time-encoding" "RFC 5280 4.1.2.5" "Dates until 2049 are UTCTime, later ones GeneralizedTime." "Have the certificate issued again with dates in the right form.";
    UniqueIdentifier "rfc5280.unique-identifier" "RFC 5280 4.1.2.8" "There are no unique identifiers." "Have the certificate issued again without unique identifiers.";
    AkiCritical "rfc5280.aki-critical" "RFC 5280 4.2.1.1" "The authority key identifier is not critical." "Have the certificate issued again with that extension not critical.";
    AkiMissing "rfc5280.aki-missing" "RFC 5280 4.2.1.1" "A certificate that is not self-signed names its issuer's key." "Have the certificate issued again with an authority key identifier.";
    SkiMissing "rfc5280.ski-missing" "RFC 5280 4.2.1.2" "An authority's certificate has a subject key identifier." "Have the authority's certificate issued again with that extension.";
    SkiCritical "rfc5280.ski-critical" "RFC 5280 4.2.1.2" "The subject key identifier is not critical." "Have the certificate issued again with that extension not critical.";
    KeyIdForm "rfc5280.key-id-form" "RFC 5280 4.2.1.1" "Key identifiers can be read, and an issuer and a serial number stand together." "Have the certificate issued again with well-formed key identifiers.";
    KeyIdMatch "rfc5280.key-id-match" "RFC 5280 4.2.1.1" "The authority key identifier is the subject key identifier of the issuer." "Have the certificate issued again with the issuer's key identifier.";
    KeyUsageMissing "rfc5280.key-usage-missing" "RFC 5280 4.2.1.3" "An authority's certificate has a key usage." "Have the authority's certificate issued again with keyCertSign.";
    KeyUsageEmpty "rfc5280.key-usage-empty" "RFC 5280 4.2.1.3" "A key usage allows something." "Have the certificate issued again with a key usage that allows something.";
    KeyUsageKey "rfc5280.key-usage-key" "RFC 8813 3" "The key usage goes with the kind of the key." "Have the certificate issued again with the usages that its kind of key has.";
    KeyForm "rfc5280.key-form" "RFC 5280 4.1.2.7" "The key's algorithm has the parameters that belong to it, and the key the form of its algorithm." "Have the certificate issued again with a key in the form of RFC 3279, RFC 5480 or RFC 8410.";
    KeyUsageCa "rfc5280.key-usage-ca" "RFC 5280 4.2.1.9" "keyCertSign and cA stand together." "Have the certificate issued again with both or neither.";
    BasicMissing "rfc5280.basic-missing" "RFC 5280 4.2.1.9" "An authority's certificate has critical basic constraints with cA TRUE." "Have the authority's certificate issued again with critical basic constraints.";
    BasicPathLength "rfc5280.basic-path-length" "RFC 5280 4.2.1.9" "Only an authority that signs certificates has a path length." "Have the certificate issued again without a path length.";
    SanForm "rfc5280.san-form" "RFC 5280 4.2.1.6" "Each alternative name has the form of its kind." "Have the certificate issued again with well-formed names.";
    IanForm "rfc5280.ian-form" "RFC 5280 4.2.1.7" "Each alternative name of the issuer has the form of its kind." "Have the certificate issued again with well-formed names.";
    SanCritical "rfc5280.san-critical" "RFC 5280 4.1.2.6" "The alternative name is critical if the subject is empty." "Have the certificate issued again with a critical alternative name.";
    ConstraintsCritical "rfc5280.constraints-critical" "RFC 5280 4.2.1.10" "Name constraints are critical." "Have the authority's certificate issued again with critical name constraints.";
    ConstraintsLeaf "rfc5280.constraints-leaf" "RFC 5280 4.2.1.10" "Only an authority has name constraints." "Have the certificate issued again without name constraints.";
    ConstraintsEmpty "rfc5280.constraints-empty" "RFC 5280 4.2.1.10" "Name constraints permit or exclude something." "Have the authority's certificate issued again without that extension, or with subtrees.";
    PolicyConstraintsCritical "rfc5280.policy-constraints-critical" "RFC 5280 4.2.1.11" "Policy constraints are critical and not empty." "Have the authority's certificate issued again with critical policy constraints.";
    InhibitAnyCritical "rfc5280.inhibit-any-critical" "RFC 5280 4.2.1.14" "inhibitAnyPolicy is critical." "Have the authority's certificate issued again with that extension critical.";
    PolicyRepeated "rfc5280.policy-repeated" "RFC 5280 4.2.1.4" "No policy stands in a certificate twice." "Have the certificate issued again with each policy once.";
    AccessForm "rfc5280.access-form" "RFC 5280 4.2.2.1" "Information access can be read, is not empty and not critical." "Have the certificate issued again with a well-formed extension.";
    MustNotBeCritical "rfc5280.must-not-be-critical" "RFC 5280 4.2.1" "The extension is not critical." "Have the certificate issued again with that extension not critical.";
    NoRevocation "rfc5280.no-revocation" "RFC 9608 2" "Whoever is never revoked is no authority, and names no place of revocation lists or answers." "Have the certificate issued again without noRevAvail, or with it alone and not critical.";
    CrlVersion "rfc5280.crl-version" "RFC 5280 5.1.2.1" "A revocation list has version 2." "Have the list issued again as version 2.";
    CrlEntries "rfc5280.crl-entries" "RFC 5280 5.1.2.6" "A revocation list of nobody leaves the entries out." "Have the list issued again without an empty list of entries.";
    CrlNumber "rfc5280.crl-number" "RFC 5280 5.2.3" "A revocation list has a number that is not critical and has at most 20 bytes." "Have the list issued again with a number.";
    CrlKeyId "rfc5280.crl-key-id" "RFC 5280 5.2.1" "A revocation list names its issuer's key." "Have the list issued again with an authority key identifier.";
    CrlNextUpdate "rfc5280.crl-next-update" "RFC 5280 5.1.2.5" "A revocation list says when the next one comes." "Have the list issued again with a next update.";
    CrlPoint "rfc5280.crl-point" "RFC 5280 5.2.5" "An issuing distribution point is critical, not empty, and about one kind of certificates at most." "Have the list issued again with a proper issuing distribution point.";
    CrlDelta "rfc5280.crl-delta" "RFC 5280 5.2.4" "A delta list says so in a critical extension, and names no delta lists." "Have the delta list issued again with a critical indicator and without freshestCRL.";
    // CA/Browser Forum Baseline Requirements.
    WebVersion "web.version" "CABF BR 7.1.1" "A certificate has version 3." "Have the certificate issued again as version 3.";
    WebKey "web.key" "CABF BR 6.1.5" "The key is RSA of 2048 bits or more, in whole bytes, or on P-256, P-384 or P-521." "Make a key of an allowed kind and have the certificate issued for it.";
    WebSignature "web.signature" "CABF BR 7.1.3.2" "The signature uses SHA-256, SHA-384 or SHA-512." "Have the certificate issued again with SHA-256 or better.";
    WebAki "web.aki" "CABF BR 7.1.2.11.1" "The authority key identifier has a key identifier and nothing else; a root's is its own." "Have the certificate issued again with a plain authority key identifier.";
    WebRootPurpose "web.root-purpose" "CABF BR 7.1.2.1.2" "A root has no extended key usage." "Use a root without extended key usage.";
    WebLeafCa "web.leaf-ca" "CABF BR 7.1.2.7.8" "A server's certificate is not an authority's." "Have a certificate issued that is no authority's.";
    WebLeafKeyUsage "web.leaf-key-usage" "CABF BR 7.1.2.7.11" "A server's key usage fits its kind of key, and signs neither certificates nor revocation lists." "Have the certificate issued again with digitalSignature, and keyEncipherment only for RSA.";
    WebPurpose "web.purpose" "CABF BR 7.1.2.7.10" "A server's certificate has serverAuth in an extended key usage that is not critical, and no purpose that servers may not have." "Have the certificate issued again with serverAuth.";
    WebSan "web.san" "CABF BR 7.1.2.7.12" "A server's names are DNS names and addresses, in an extension that is critical only if the subject is empty." "Have the certificate issued again with proper alternative names.";
    WebCommonName "web.common-name" "CABF BR 7.1.4.3" "A common name repeats one of the alternative names letter by letter." "Have the certificate issued again without a common name.";
    WebWildcard "web.wildcard" "CABF BR 3.2.2.6" "A wildcard is a whole leftmost label and does not span a public suffix." "Have the certificate issued for the names themselves.";
    WebPoints "web.crl-points" "CABF BR 7.1.2.11.2" "Distribution points are URLs of HTTP, in an extension that is not critical, without reasons or an issuer." "Have the certificate issued again with a plain HTTP distribution point.";
    WebAccess "web.access" "CABF BR 7.1.2.7.7" "Information access is about OCSP and the issuer, by HTTP." "Have the certificate issued again with HTTP places only.";
    WebSerial "web.serial" "CABF BR 7.1.2" "The serial number is below 2^159." "Have the certificate issued again with a shorter serial number.";
    WebDays "web.days" "CABF BR 6.3.2" "A server's certificate is valid for no more days than were allowed when it was issued." "Have the certificate issued for a shorter time.";
    WebPolicies "web.policies" "CABF BR 7.1.2.7.9" "A server's certificate names the policy it was issued under." "Have the certificate issued again with a policy.";
    // Azure Device Registry, operational certificates.
    AzureKey "azure.key" "Azure ADR" "Every key is on P-384." "Make a P-384 key and have the certificate issued for it.";
    AzureSignature "azure.signature" "Azure ADR" "Every signature is ecdsa-with-SHA384." "Have the certificate issued by an authority that signs with ecdsa-with-SHA384.";
    AzurePurpose "azure.purpose" "Azure ADR" "The extended key usage, if there is one, includes clientAuth." "Have the certificate issued with clientAuth.";
    AzureCommonName "azure.common-name" "Azure ADR" "The one common name is the registration ID." "Have the certificate issued for the registration ID of this device.";
    AzureDays "azure.days" "Azure ADR" "The certificate is valid for 1 to 90 days." "Set the validity of the policy in Azure to 1 to 90 days.";
    AzureTiers "azure.tiers" "Azure ADR" "One issuing authority stands between the certificate and the pinned root." "Use the chain that the service issued.";
}

impl Rule {
    /// The rule with that code.
    pub fn find(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|rule| rule.code() == code)
    }

    /// Whether breaking the rule refuses the path, whatever the profile.
    pub fn decides_path(self) -> bool {
        let room = self.code().split('.').next();
        room.is_some_and(|room| ["path", "crl", "budget"].contains(&room))
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl Serialize for Rule {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}
