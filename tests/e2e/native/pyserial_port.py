"""Drives one simulated port with pyserial and prints what it saw as JSON. Argument: the device node."""

import json
import sys

import serial

seen = {}
with serial.Serial(sys.argv[1], 115200, timeout=5, exclusive=True) as port:
    port.dtr = False
    port.rts = False
    port.rts = True
    seen["inputs"] = [port.cts, port.dsr, port.cd, port.ri]
    port.parity = serial.PARITY_EVEN
    port.parity = serial.PARITY_NONE
    port.baudrate = 74880
    port.break_condition = True
    port.break_condition = False
    data = bytes(range(256)) * 400
    received = bytearray()
    for at in range(0, len(data), 1024):
        port.write(data[at : at + 1024])
        received += port.read(1024)
    seen["echo"] = received == data

with serial.Serial(sys.argv[1], 115200, timeout=5) as port:
    try:
        serial.Serial(sys.argv[1]).close()
        seen["second"] = "opened"
    except serial.SerialException as error:
        seen["second"] = error.errno
    print("ready", flush=True)
    sys.stdin.readline()
    try:
        while True:
            port.write(b"x")
            port.read(1)
    except (serial.SerialException, OSError) as error:
        seen["unplugged"] = type(error).__name__
print(json.dumps(seen))
