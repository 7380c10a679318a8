"""What Microsoft's released clients do not do yet, by the MQTT client they are built on (paho): a
registration with a CSR, and the renewal of a certificate at the hub.

Argument: one JSON object {host, port, root, clientId, userName, password or cert and certKey,
subscribe, requests: [{topic, payload, answers}]}. Prints the answers of each request as
[[topic, payload], …].
"""

import json
import queue
import ssl
import sys

import paho.mqtt.client as mqtt

task = json.loads(sys.argv[1])
heard = queue.Queue()
context = ssl.create_default_context(cafile=task["root"])
if "cert" in task:
    context.load_cert_chain(task["cert"], task["certKey"])
client = mqtt.Client(client_id=task["clientId"], clean_session=True, protocol=mqtt.MQTTv311)
client.tls_set_context(context)
client.username_pw_set(task["userName"], task.get("password"))
client.on_connect = lambda _client, _data, _flags, code: heard.put(("connected", code))
client.on_subscribe = lambda _client, _data, _mid, granted: heard.put(("subscribed", granted))
client.on_message = lambda _client, _data, message: heard.put((message.topic, message.payload.decode()))
client.connect(task["host"], task["port"])
client.loop_start()


def expect(word):
    topic, value = heard.get(timeout=30)
    assert topic == word, (topic, value)
    return value


code = expect("connected")
if code != 0:
    print(json.dumps({"refused": code}))
    sys.exit()
client.subscribe(task["subscribe"], qos=1)
granted = list(expect("subscribed"))
answers = []
for request in task["requests"]:
    payload = request["payload"]
    client.publish(request["topic"], payload if isinstance(payload, str) else json.dumps(payload), qos=1)
    answers.append([heard.get(timeout=30) for _ in range(request["answers"])])
client.disconnect()
client.loop_stop()
print(json.dumps({"granted": granted, "answers": answers}))
