use const_oid::ObjectIdentifier;

use super::{
    Decoder, access, device, dice, identity, names, policy, revocation, server, transparency,
    usage, vendor,
};

/// An extension that is understood here.
pub(super) struct Known {
    pub(super) oid: ObjectIdentifier,
    /// What people call it.
    pub(super) name: &'static str,
    pub(super) decode: Decoder,
}

const fn known(oid: &str, name: &'static str, decode: Decoder) -> Known {
    let oid = ObjectIdentifier::new_unwrap(oid);
    Known { oid, name, decode }
}

/// The one of that number.
pub(super) fn find(oid: &ObjectIdentifier) -> Option<&'static Known> {
    let bytes = oid.as_bytes();
    // The last byte tells nearly all of them apart.
    let last = bytes.last();
    let mut all = KNOWN.iter().map(|known| (known, known.oid.as_bytes()));
    all.find(|(_, number)| number.last() == last && *number == bytes)
        .map(|(known, _)| known)
}

pub(super) static KNOWN: &[Known] = &[
    // RFC 5280 sections 4.2.1 and 4.2.2.
    known(
        "2.5.29.9",
        "Subject directory attributes",
        identity::directory_attributes,
    ),
    known("2.5.29.14", "Subject key identifier", identity::subject_key),
    known("2.5.29.15", "Key usage", usage::key_usage),
    known(
        "2.5.29.16",
        "Private key usage period",
        identity::private_key_period,
    ),
    known(
        "2.5.29.17",
        "Subject alternative name",
        names::subject_alternative,
    ),
    known(
        "2.5.29.18",
        "Issuer alternative name",
        names::issuer_alternative,
    ),
    known(
        "2.5.29.19",
        "Basic constraints",
        identity::basic_constraints,
    ),
    known("2.5.29.30", "Name constraints", names::constraints),
    known("2.5.29.31", "CRL distribution points", revocation::points),
    known("2.5.29.32", "Certificate policies", policy::certificate),
    known("2.5.29.33", "Policy mappings", policy::mappings),
    known(
        "2.5.29.35",
        "Authority key identifier",
        identity::authority_key,
    ),
    known("2.5.29.36", "Policy constraints", policy::constraints),
    known("2.5.29.37", "Extended key usage", usage::extended_key_usage),
    known("2.5.29.46", "Freshest CRL", revocation::freshest),
    known("2.5.29.54", "Inhibit anyPolicy", policy::inhibit_any),
    known(
        "1.3.6.1.5.5.7.1.1",
        "Authority information access",
        access::authority,
    ),
    known(
        "1.3.6.1.5.5.7.1.11",
        "Subject information access",
        access::subject,
    ),
    // Of lists and their entries, sections 5.2 and 5.3.
    known("2.5.29.20", "CRL number", revocation::number),
    known("2.5.29.21", "Reason code", revocation::reason),
    known("2.5.29.24", "Invalidity date", revocation::invalidity),
    known("2.5.29.27", "Delta CRL indicator", revocation::delta),
    known(
        "2.5.29.28",
        "Issuing distribution point",
        revocation::issuing_point,
    ),
    known(
        "2.5.29.29",
        "Certificate issuer",
        revocation::certificate_issuer,
    ),
    known(
        "2.5.29.60",
        "Expired certificates on CRL",
        revocation::expired_too,
    ),
    // Of servers and persons.
    known(
        "1.3.6.1.4.1.11129.2.4.2",
        "Signed certificate timestamps",
        transparency::timestamps,
    ),
    known(
        "1.3.6.1.4.1.11129.2.4.3",
        "Precertificate poison",
        transparency::poison,
    ),
    known(
        "1.3.6.1.5.5.7.1.3",
        "Qualified certificate statements",
        server::qualified,
    ),
    known("1.3.6.1.5.5.7.1.24", "TLS features", server::tls_features),
    known("1.3.6.1.5.5.7.1.31", "ACME identifier", server::acme),
    known(
        "1.3.6.1.5.5.7.48.1.5",
        "OCSP no check",
        revocation::no_check,
    ),
    // Of devices.
    known("2.23.133.5.4.1", "DICE TCB information", dice::tcb_info),
    known(
        "2.23.133.5.4.2",
        "DICE endorsement manifest",
        dice::evidence,
    ),
    known("2.23.133.5.4.3", "DICE manifest address", dice::evidence),
    known("2.23.133.5.4.4", "DICE device identity (UEID)", dice::ueid),
    known(
        "2.23.133.5.4.5",
        "DICE TCB information, several",
        dice::tcb_infos,
    ),
    known("2.23.133.5.4.9", "DICE conceptual message", dice::evidence),
    known(
        "1.3.6.1.4.1.11129.2.1.17",
        "Android key attestation",
        device::android,
    ),
    known("1.2.840.113741.1.13.1", "Intel SGX", device::sgx),
    // Microsoft's and Netscape's.
    known(
        "1.3.6.1.4.1.311.20.2",
        "Certificate template name",
        vendor::template_name,
    ),
    known(
        "1.3.6.1.4.1.311.21.1",
        "Version of the authority",
        vendor::authority_version,
    ),
    known(
        "1.3.6.1.4.1.311.21.2",
        "Previous certificate of the authority",
        vendor::previous_authority,
    ),
    known(
        "1.3.6.1.4.1.311.21.7",
        "Certificate template",
        vendor::template,
    ),
    known(
        "1.3.6.1.4.1.311.21.10",
        "Application policies",
        policy::application,
    ),
    known("1.3.6.1.4.1.311.25.2", "Windows account", vendor::account),
    known(
        "2.16.840.1.113730.1.1",
        "Netscape certificate type",
        vendor::netscape_type,
    ),
    known(
        "2.16.840.1.113730.1.2",
        "Netscape base address",
        vendor::netscape_url,
    ),
    known(
        "2.16.840.1.113730.1.3",
        "Netscape revocation address",
        vendor::netscape_url,
    ),
    known(
        "2.16.840.1.113730.1.4",
        "Netscape revocation address of the authority",
        vendor::netscape_url,
    ),
    known(
        "2.16.840.1.113730.1.7",
        "Netscape renewal address",
        vendor::netscape_url,
    ),
    known(
        "2.16.840.1.113730.1.8",
        "Netscape policy address",
        vendor::netscape_url,
    ),
    known(
        "2.16.840.1.113730.1.12",
        "Netscape server name",
        vendor::netscape_url,
    ),
    known(
        "2.16.840.1.113730.1.13",
        "Netscape comment",
        vendor::netscape_comment,
    ),
];
