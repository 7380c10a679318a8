// Registers one device with Microsoft's own client and a TPM, unmodified, and prints what came of it as JSON.
//
// Input: one JSON object as argument: { port, idScope, registrationId, tpmPort }. On tpmPort somebody
// speaks the protocol of Microsoft's TPM simulator, and on the next one that of its platform.
// NODE_EXTRA_CA_CERTS names the root of the station's device port.
import https from "node:https";
import device from "azure-iot-provisioning-device";
import transport from "azure-iot-provisioning-device-http";
import security from "azure-iot-security-tpm";
import { createRequire } from "node:module";

const task = JSON.parse(process.argv[2]);
// The client takes a host name only; everything else about its requests is its own.
https.globalAgent.defaultPort = task.port;

const tss = createRequire(import.meta.url)("tss.js");
const tpm = new tss.Tpm(true, "127.0.0.1", task.tpmPort);
const client = device.ProvisioningDeviceClient.create(
  "localhost",
  task.idScope,
  new transport.Http(),
  new security.TpmSecurityClient(task.registrationId, tpm),
);
client.register((error, result) => {
  const outcome = error
    ? { error: error.name, message: error.message, status: error.response?.statusCode, body: error.responseBody }
    : { result };
  process.stdout.write(JSON.stringify(outcome) + "\n", () => process.exit(0));
});
