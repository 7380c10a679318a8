//! Microsoft's C SDK, unmodified, over HTTP, MQTT and MQTT over WebSocket; and the practice hub.
//!
//! Its ports are built in (443 and 8883), so each test has a loopback address of its own.
#![allow(clippy::unwrap_used)]

#[path = "dps/bench.rs"]
#[expect(dead_code, reason = "shared with other judges")]
mod bench;

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use base64ct::{Base64, Encoding};
use bench::{Bench, Endpoint, certificate, openssl, operational};
use serde_json::Value;
use signet_core::dps::device_key;
use signet_station::Station;
use signet_station::config::Enroll;

const TRANSPORTS: [&str; 3] = ["http", "mqtt", "mqttws"];

#[tokio::test(flavor = "multi_thread")]
async fn symmetric_keys() {
    let Some(judge) = Judge::find("127.0.9.1") else {
        return;
    };
    let bench = Bench::new();
    signet_station::enroll(&bench.data(), &enroll("alone-1")).unwrap();
    let Some(station) = judge.station(&bench).await else {
        return;
    };
    let own = bench.symmetric_key("alone-1");
    let derived = Base64::encode_string(&device_key(&bench.group_key(), "sn-0001"));
    for transport in TRANSPORTS {
        for (id, key) in [("alone-1", &own), ("sn-0001", &derived)] {
            let said = judge.register(&station, transport, id, &["key", key]);
            judge.assert_assigned(&said, id, transport);
        }
        // Another device's key, and the key of a device alone for one of the group.
        for (id, key) in [
            ("sn-0002", &derived),
            ("alone-1", &derived),
            ("sn-0001", &own),
        ] {
            let said = judge.register(&station, transport, id, &["key", key]);
            assert_refused(&said, transport);
        }
    }
    assert_eq!(bench.entries("registered").len(), 6);
    assert_eq!(bench.issued(), 0, "this client sends no CSR");
}

#[tokio::test(flavor = "multi_thread")]
async fn certificates() {
    let Some(judge) = Judge::find("127.0.9.2") else {
        return;
    };
    let bench = Bench::new();
    for name in ["own-1", "fab", "stranger"] {
        certificate(&bench, name);
    }
    let folder = bench.path("");
    let leaf = "basicConstraints=critical,CA:FALSE\n";
    std::fs::write(bench.path("leaf.cnf"), leaf).unwrap();
    let key = "-newkey ec -pkeyopt ec_paramgen_curve:P-384 -noenc";
    openssl(
        &folder,
        &format!("req {key} -keyout fab-dev.key -out fab-dev.csr -subj /CN=fab-dev"),
    );
    let sign = "x509 -req -in fab-dev.csr -CA fab.pem -CAkey fab.key -days 2 -extfile leaf.cnf";
    openssl(&folder, &format!("{sign} -out fab-dev.pem"));
    for (name, group) in [("own-1", false), ("fab", true)] {
        let entry = Enroll {
            group,
            certificate: Some(bench.path(&format!("{name}.pem"))),
            ..enroll(name)
        };
        signet_station::enroll(&bench.data(), &entry).unwrap();
    }
    let Some(station) = judge.station(&bench).await else {
        return;
    };
    let present = |transport: &str, id: &str, name: &str| {
        let [cert, key] = pair(&bench, name);
        judge.register(&station, transport, id, &["cert", &cert, &key])
    };
    for transport in TRANSPORTS {
        for id in ["own-1", "fab-dev"] {
            judge.assert_assigned(&present(transport, id, id), id, transport);
        }
        for (id, name) in [
            ("own-1", "stranger"),
            ("own-2", "own-1"),
            ("fab-other", "fab-dev"),
        ] {
            assert_refused(&present(transport, id, name), transport);
        }
    }
    assert_eq!(bench.entries("registered").len(), 6);
}

/// That this client judges the certificate of the station, too: with another root it says nothing.
#[tokio::test(flavor = "multi_thread")]
async fn a_station_under_another_root() {
    let Some(judge) = Judge::find("127.0.9.4") else {
        return;
    };
    let bench = Bench::new();
    certificate(&bench, "stranger");
    let Some(station) = judge.station(&bench).await else {
        return;
    };
    let derived = Base64::encode_string(&device_key(&bench.group_key(), "sn-0001"));
    for transport in TRANSPORTS {
        let root = bench.path("stranger.pem");
        let said = judge.register_under(&root, &station, transport, "sn-0001", &["key", &derived]);
        let result = &said["result"];
        assert_eq!(
            result, "PROV_DEVICE_RESULT_TRANSPORT",
            "{transport}: {said}"
        );
    }
    assert!(bench.entries("registered").is_empty());
}

/// This client reads the status out of the MQTT topic only to see whether it has to wait.
#[tokio::test(flavor = "multi_thread")]
async fn a_busy_station_is_asked_again_later() {
    let Some(judge) = Judge::find("127.0.9.5") else {
        return;
    };
    let bench = Bench::new();
    let Some(station) = judge.station(&bench).await else {
        return;
    };
    let derived = Base64::encode_string(&device_key(&bench.group_key(), "sn-0001"));
    for transport in TRANSPORTS {
        let json = [("Content-Type", "application/json")];
        let order = br#"{"fault":"throttle","retryAfter":4,"count":1}"#;
        let relay = Endpoint::relay(&station);
        let ordered = relay.send("POST", "page:/test/faults", &json, order).await;
        assert_eq!(ordered.unwrap().status, 204);
        let begun = Instant::now();
        let said = judge.register(&station, transport, "sn-0001", &["key", &derived]);
        judge.assert_assigned(&said, "sn-0001", transport);
        let took = begun.elapsed();
        assert!(took >= Duration::from_secs(4), "{transport}: {took:?}");
    }
}

/// The issued certificate lets the device into the hub that it was assigned to, and not once it
/// is revoked. This SDK cannot ask for a certificate, so our own client does.
#[tokio::test(flavor = "multi_thread")]
async fn the_issued_certificate_opens_the_hub() {
    let Some(judge) = Judge::find("127.0.9.3") else {
        return;
    };
    let bench = Bench::new();
    let Some(station) = judge.station(&bench).await else {
        return;
    };
    let id = "sn-0001";
    let derived = Base64::encode_string(&device_key(&bench.group_key(), id));
    let said = judge.register(&station, "mqtt", id, &["key", &derived]);
    judge.assert_assigned(&said, id, "mqtt");
    let serial = operational(&bench, &station, id, 7).await;
    certificate(&bench, "stranger");
    for transport in ["mqtt", "mqttws"] {
        let said = judge.enter(&bench, &station, transport, id, id);
        assert_eq!(said["connected"], true, "{transport}: {said}");
        assert_eq!(said["sent"], "IOTHUB_CLIENT_CONFIRMATION_OK", "{said}");
        for (device, name) in [("sn-9", id), (id, "stranger")] {
            shut_out(&judge.enter(&bench, &station, transport, device, name));
        }
    }
    station.stop().await;
    signet_station::revoke(&bench.data(), &serial, "keyCompromise").unwrap();
    let Some(station) = judge.station(&bench).await else {
        return;
    };
    shut_out(&judge.enter(&bench, &station, "mqtt", id, id));
}

/// The program of `tests/csdk`, and the address that only this test uses.
struct Judge {
    program: PathBuf,
    address: &'static str,
}

impl Judge {
    fn find(address: &'static str) -> Option<Self> {
        let path = std::env::var_os("SIGNET_CSDK").map(PathBuf::from);
        if let Some(program) = path.filter(|path| path.is_file()) {
            return Some(Self { program, address });
        }
        signet_interop::skip("no program SIGNET_CSDK; `./dev setup` builds it from tests/csdk");
        None
    }

    /// A station on the ports of the service, which is a hub too.
    async fn station(&self, bench: &Bench) -> Option<Station> {
        let mut config = bench.config();
        config.device_address = self.address.parse::<IpAddr>().unwrap();
        config.device_names.push(self.address.to_owned());
        (config.device_port, config.mqtt_port) = (443, 8883);
        self.address.clone_into(&mut config.hub);
        match Station::start(config).await {
            Ok(station) => Some(station),
            Err(error) => {
                signet_interop::skip(&format!("port 443 or 8883 of {}: {error:#}", self.address));
                None
            }
        }
    }

    fn register(&self, station: &Station, transport: &str, id: &str, credential: &[&str]) -> Value {
        self.register_under(&station.tls_root(), station, transport, id, credential)
    }

    fn register_under(
        &self,
        root: &Path,
        station: &Station,
        transport: &str,
        id: &str,
        credential: &[&str],
    ) -> Value {
        let mut command = Command::new(&self.program);
        command.args(["dps", self.address, station.id_scope(), id, transport]);
        said(command.arg(root).args(credential))
    }

    fn enter(
        &self,
        bench: &Bench,
        station: &Station,
        transport: &str,
        id: &str,
        name: &str,
    ) -> Value {
        let mut command = Command::new(&self.program);
        command.args(["hub", self.address, id, transport]);
        said(command.arg(station.tls_root()).args(pair(bench, name)))
    }

    fn assert_assigned(&self, said: &Value, id: &str, transport: &str) {
        let result = &said["result"];
        assert_eq!(result, "PROV_DEVICE_RESULT_OK", "{id} {transport}: {said}");
        assert_eq!(said["deviceId"], id, "{transport}: {said}");
        assert_eq!(said["assignedHub"], self.address, "{transport}: {said}");
    }
}

fn assert_refused(said: &Value, transport: &str) {
    assert_eq!(
        said["result"], "PROV_DEVICE_RESULT_DEV_AUTH_ERROR",
        "{transport}: {said}"
    );
    assert_eq!(said["assignedHub"], Value::Null, "{transport}: {said}");
}

fn shut_out(said: &Value) {
    let reason = &said["reason"];
    assert_eq!(reason, "IOTHUB_CLIENT_CONNECTION_BAD_CREDENTIAL", "{said}");
    assert_eq!(said["connected"], false, "{said}");
}

fn enroll(name: &str) -> Enroll {
    Enroll {
        name: name.to_owned(),
        policy: Some("default".to_owned()),
        ..Enroll::default()
    }
}

/// The files of a certificate and its key.
fn pair(bench: &Bench, name: &str) -> [String; 2] {
    ["pem", "key"].map(|end| bench.path(&format!("{name}.{end}")).display().to_string())
}

/// What the program printed; its log is in the panic if there is nothing.
fn said(command: &mut Command) -> Value {
    let output = command.output().unwrap();
    let log = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {log}");
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {log}"))
}
