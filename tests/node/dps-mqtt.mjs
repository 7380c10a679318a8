// Registers one device with Microsoft's own client over MQTT, unmodified, and prints what came of it as
// JSON. With `hub`, connects to the assigned hub with Microsoft's device client afterwards.
//
// Input: one JSON object as argument: { host, websocket, idScope, registrationId, key } or
// { …, cert, certKey }; host is name:port. For the hub { hub: { host, deviceId, cert, certKey } }
// alone. NODE_EXTRA_CA_CERTS names the root of the station's ports.
import { readFileSync } from "node:fs";
import device from "azure-iot-provisioning-device";
import transport from "azure-iot-provisioning-device-mqtt";
import symmetric from "azure-iot-security-symmetric-key";
import x509 from "azure-iot-security-x509";
import common from "azure-iot-common";
import hubClient from "azure-iot-device";
import hubTransport from "azure-iot-device-mqtt";

const task = JSON.parse(process.argv[2]);
const finish = (outcome) =>
  process.stdout.write(JSON.stringify(outcome) + "\n", () => process.exit(0));
const pair = ({ cert, certKey }) => ({
  cert: readFileSync(cert, "utf8"),
  key: readFileSync(certKey, "utf8"),
});

function register() {
  const security = task.key
    ? new symmetric.SymmetricKeySecurityClient(task.registrationId, task.key)
    : new x509.X509Security(task.registrationId, pair(task));
  const Mqtt = task.websocket ? transport.MqttWs : transport.Mqtt;
  const client = device.ProvisioningDeviceClient.create(task.host, task.idScope, new Mqtt(), security);
  client.register((error, result) =>
    finish(error ? { error: error.name, body: error.responseBody, text: String(error) } : { result }),
  );
}

async function connect({ host, deviceId, ...files }) {
  const connection = `HostName=${host};DeviceId=${deviceId};x509=true`;
  const client = hubClient.Client.fromConnectionString(connection, hubTransport.Mqtt);
  client.setRetryPolicy(new common.NoRetry());
  try {
    await client.setOptions(pair(files));
    await client.open();
    await client.sendEvent(new hubClient.Message("hello"));
    const twin = await client.getTwin();
    await new Promise((resolve, reject) =>
      twin.properties.reported.update({ certificate: { validUntil: "soon" } }, (error) =>
        error ? reject(error) : resolve(),
      ),
    );
    await client.close();
    finish({ connected: true });
  } catch (error) {
    finish({ connected: false, error: error.name, text: String(error) });
  }
}

task.hub ? await connect(task.hub) : register();
