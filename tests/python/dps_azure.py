"""Registers one device with Microsoft's own Python client, unmodified, over MQTT or MQTT over WebSocket,
and prints what came of it as JSON. Also connects to a hub, and asks it to renew a certificate.

Argument: one JSON object {host, root, websocket, idScope, registrationId} with {key} or {cert, certKey};
or {hub: {host, deviceId, cert, certKey}, root}.
"""

import json
import sys

from azure.iot.device import IoTHubDeviceClient, ProvisioningDeviceClient, X509
from azure.iot.device.exceptions import ClientError, ConnectionFailedError, CredentialError

task = json.loads(sys.argv[1])
with open(task["root"], encoding="ascii") as file:
    ROOT = file.read()


def register():
    common = {
        "provisioning_host": task["host"],
        "registration_id": task["registrationId"],
        "id_scope": task["idScope"],
        "websockets": task.get("websocket", False),
        "server_verification_cert": ROOT,
    }
    if "key" in task:
        client = ProvisioningDeviceClient.create_from_symmetric_key(symmetric_key=task["key"], **common)
    else:
        x509 = X509(cert_file=task["cert"], key_file=task["certKey"])
        client = ProvisioningDeviceClient.create_from_x509_certificate(x509=x509, **common)
    result = client.register()
    state = result.registration_state
    return {
        "status": result.status,
        "operationId": result.operation_id,
        "deviceId": state.device_id,
        "assignedHub": state.assigned_hub,
        "subStatus": state.sub_status,
    }


def connect(hub):
    client = IoTHubDeviceClient.create_from_x509_certificate(
        x509=X509(cert_file=hub["cert"], key_file=hub["certKey"]),
        hostname=hub["host"],
        device_id=hub["deviceId"],
        server_verification_cert=ROOT,
        connection_retry=False,
    )
    try:
        client.connect()
        client.send_message("hello")
        client.patch_twin_reported_properties({"certificate": {"validUntil": "2026-12-31T00:00:00Z"}})
        twin = client.get_twin()
        return {"connected": True, "reported": twin["reported"]}
    finally:
        client.shutdown()


try:
    outcome = {"result": connect(task["hub"]) if "hub" in task else register()}
except (ClientError, ConnectionFailedError, CredentialError) as error:
    outcome = {"error": type(error).__name__, "text": repr(error) + repr(error.__cause__)}
print(json.dumps(outcome))
