"""`python -m rom`: puts the chip on the desk and prints READY when it can be talked to."""

import argparse
import os

from .circuit import ResetCircuit, UsbSerialJtag
from .elf import RomImage
from .serve import Desk, PtyWire, Wire, open_flash
from .soc import Efuses


def mac_address(text):
    octets = bytes.fromhex(text.replace(":", ""))
    if len(octets) != 6:
        raise argparse.ArgumentTypeError("a MAC address has six bytes")
    return octets


def main():
    parser = argparse.ArgumentParser(prog="rom", description=__doc__)
    parser.add_argument("--port", type=int, default=5555, help="TCP port of the serial line")
    parser.add_argument("--control", type=int, help="TCP port of the control wire (default: PORT + 1)")
    parser.add_argument("--elf", default=os.environ.get("SIGNET_ROM_ELF"), help="the ROM (or SIGNET_ROM_ELF)")
    parser.add_argument("--flash", help="file that holds the flash content (made if absent)")
    parser.add_argument("--mac", type=mac_address, default="7c:df:a1:00:00:01", metavar="AA:BB:..")
    parser.add_argument("--sdm", action="store_true", help="secure download mode")
    parser.add_argument("--secure-boot", action="store_true")
    parser.add_argument("--crypt-count", type=int, default=0, help="flash encryption counter, 0 to 7")
    parser.add_argument("--run", action="store_true", help="start in the application, not in the loader")
    parser.add_argument("--usb-jtag", action="store_true", help="DTR and RTS as the chip's own USB takes them")
    parser.add_argument("--pty", action="store_true", help="serial line on a pty instead of TCP")
    arguments = parser.parse_args()
    if not arguments.elf:
        parser.error("no ROM: give --elf or set SIGNET_ROM_ELF")

    wire = PtyWire() if arguments.pty else Wire(arguments.port)
    efuses = Efuses(arguments.mac, arguments.sdm, arguments.secure_boot, arguments.crypt_count)
    control = arguments.port + 1 if arguments.control is None else arguments.control
    circuit = UsbSerialJtag() if arguments.usb_jtag else ResetCircuit()
    desk = Desk(RomImage(arguments.elf), open_flash(arguments.flash), efuses, circuit, wire, control)
    desk.boot("run" if arguments.run else "download")
    print("READY", wire.path if arguments.pty else arguments.port, control, flush=True)
    desk.serve_forever()


if __name__ == "__main__":
    main()
