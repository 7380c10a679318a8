/// File name and SHA-256 of each root that is built in. Read by `build.rs` and by a test.
const PINS: &[(&str, &str)] = &[
    ("digicert-global-root-g2.der", "cb3ccbb76031e5e0138f8dd39a23f9de47ffc35e43c1144cea27d46a5ab1cb5f"),
    ("digicert-global-root-g3.der", "31ad6648f8104138c738f39ea4320133393e3a18cc02296ef97c2ac9ef6731d0"),
    ("digicert-tls-ecc-p384-root-g5.der", "018e13f0772532cf809bd1b17281867283fc48c6e13be9c69812854a490c1b05"),
    ("digicert-tls-rsa4096-root-g5.der", "371a00dc0533b3721a7eeb40e8419e70799d2b0a0f2c1d80693165f7cec4ad75"),
    ("microsoft-ecc-root-2017.der", "358df39d764af9e1b766e9c972df352ee15cfac227af6ad1d70e8e4a6edcba02"),
    ("microsoft-rsa-root-2017.der", "c741f70f4b2a8d88bf2e71c14122ef53ef10eba0cfa5e64cfa20f418853073e0"),
];
