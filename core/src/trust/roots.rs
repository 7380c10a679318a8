use super::{Root, hex};
use crate::UnixTime;

/// One of the certificates that `build.rs` has picked.
macro_rules! picked {
    ($file:literal) => {
        include_bytes!(concat!(env!("OUT_DIR"), "/", $file))
    };
}

/// The catalogue: the recommended roots first.
pub const ROOTS: &[Root] = &[
    Root {
        name: "DigiCert Global Root G2",
        sha256: hex("cb3ccbb76031e5e0138f8dd39a23f9de47ffc35e43c1144cea27d46a5ab1cb5f"),
        sha1: hex("df3c24f9bfd666761b268073fe06d1cc8d4f82a4"),
        key: "RSA 2048",
        not_before: UnixTime(1_375_358_400),
        not_after: UnixTime(2_147_169_600),
        recommended: true,
        why: "IoT Hub and DPS present certificates under this root today.",
        der: picked!("digicert-global-root-g2.der"),
    },
    Root {
        name: "Microsoft RSA Root Certificate Authority 2017",
        sha256: hex("c741f70f4b2a8d88bf2e71c14122ef53ef10eba0cfa5e64cfa20f418853073e0"),
        sha1: hex("73a5e64a3bff8316ff0edccc618a906e4eae4d74"),
        key: "RSA 4096",
        not_before: UnixTime(1_576_709_482),
        not_after: UnixTime(2_289_337_223),
        recommended: true,
        why: "Azure may move IoT Hub and DPS to this root without notice.",
        der: picked!("microsoft-rsa-root-2017.der"),
    },
    Root {
        name: "DigiCert Global Root G3",
        sha256: hex("31ad6648f8104138c738f39ea4320133393e3a18cc02296ef97c2ac9ef6731d0"),
        sha1: hex("7e04de896a3e666d00e687d33ffad93be83d349e"),
        key: "EC P-384",
        not_before: UnixTime(1_375_358_400),
        not_after: UnixTime(2_147_169_600),
        recommended: false,
        why: "The elliptic-curve partner of G2, for servers with ECDSA certificates.",
        der: picked!("digicert-global-root-g3.der"),
    },
    Root {
        name: "Microsoft ECC Root Certificate Authority 2017",
        sha256: hex("358df39d764af9e1b766e9c972df352ee15cfac227af6ad1d70e8e4a6edcba02"),
        sha1: hex("999a64c37ff47d9fab95f14769891460eec4c3c5"),
        key: "EC P-384",
        not_before: UnixTime(1_576_710_405),
        not_after: UnixTime(2_289_338_164),
        recommended: false,
        why: "Microsoft's own elliptic-curve root, for servers with ECDSA certificates.",
        der: picked!("microsoft-ecc-root-2017.der"),
    },
    Root {
        name: "DigiCert TLS RSA4096 Root G5",
        sha256: hex("371a00dc0533b3721a7eeb40e8419e70799d2b0a0f2c1d80693165f7cec4ad75"),
        sha1: hex("a78849dc5d7c758c8cde399856b3aad0b2a57135"),
        key: "RSA 4096",
        not_before: UnixTime(1_610_668_800),
        not_after: UnixTime(2_399_587_199),
        recommended: false,
        why: "DigiCert's next generation; for boards that must outlive G2, which ends in 2038.",
        der: picked!("digicert-tls-rsa4096-root-g5.der"),
    },
    Root {
        name: "DigiCert TLS ECC P384 Root G5",
        sha256: hex("018e13f0772532cf809bd1b17281867283fc48c6e13be9c69812854a490c1b05"),
        sha1: hex("17f3de5e9f0f19e98ef61f32266e20c407ae30ee"),
        key: "EC P-384",
        not_before: UnixTime(1_610_668_800),
        not_after: UnixTime(2_399_587_199),
        recommended: false,
        why: "The elliptic-curve partner of the RSA4096 root of the same generation.",
        der: picked!("digicert-tls-ecc-p384-root-g5.der"),
    },
];
