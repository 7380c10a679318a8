// Registers one device with Microsoft's own client, unmodified, and prints what came of it as JSON.
//
// Input: one JSON object as argument: { port, idScope, registrationId, key } or { …, cert, certKey }.
// NODE_EXTRA_CA_CERTS names the root of the station's device port.
import https from "node:https";
import { readFileSync } from "node:fs";
import device from "azure-iot-provisioning-device";
import transport from "azure-iot-provisioning-device-http";
import symmetric from "azure-iot-security-symmetric-key";
import x509 from "azure-iot-security-x509";

const task = JSON.parse(process.argv[2]);
// The client takes a host name only; everything else about its requests is its own.
https.globalAgent.defaultPort = task.port;

const security = task.key
  ? new symmetric.SymmetricKeySecurityClient(task.registrationId, task.key)
  : new x509.X509Security(task.registrationId, {
      cert: readFileSync(task.cert, "utf8"),
      key: readFileSync(task.certKey, "utf8"),
    });
const client = device.ProvisioningDeviceClient.create(
  "localhost",
  task.idScope,
  new transport.Http(),
  security,
);
client.register((error, result) => {
  const outcome = error
    ? { error: error.name, status: error.response?.statusCode, body: error.responseBody }
    : { result };
  process.stdout.write(JSON.stringify(outcome) + "\n", () => process.exit(0));
});
