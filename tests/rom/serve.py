"""The desk: one chip, its flash, its reset circuit, a serial wire and a control wire.

Everything happens in one thread. The chip gets slices of instructions; between them the sockets are
looked at. When it has had nothing to say for a while, the slices become rare, so that an idle desk
costs next to nothing.
"""

import mmap
import os
import pty
import select
import socket
import sys
import time
import tty

from unicorn import UcError

from . import spiflash, table
from .soc import Chip

SLICE_BUSY, SLICE_IDLE = 3_000, 20_000
# An idle ROM polls; after this many slices without a byte in or out it is taken to be idle.
PATIENCE = 2_000
IDLE_WAIT = 0.02
# Enough for the banner. Then the ROM looks for a second-stage bootloader, which nobody has flashed.
RUN_SLICES = 10
APPLICATION = b"application: started\r\n"


def open_flash(path):
    """A flash chip on a file of its size, with a partition table if it was empty."""
    if path is None:
        cells = bytearray(b"\xff" * spiflash.SIZE)
    else:
        if not os.path.exists(path) or os.path.getsize(path) != spiflash.SIZE:
            with open(path, "wb") as file:
                file.write(b"\xff" * spiflash.SIZE)
        with open(path, "r+b") as file:
            cells = mmap.mmap(file.fileno(), spiflash.SIZE)
    if cells[table.OFFSET] == 0xFF:
        cells[table.OFFSET : table.OFFSET + table.LENGTH] = table.build()
    return spiflash.Flash(cells)


class Wire:
    """The host's end of the serial line: a TCP client (the latest wins), or a pty."""

    def __init__(self, port):
        self._listener = listen(port)
        self._client = None

    @property
    def sources(self):
        return [self._listener] + ([self._client] if self._client else [])

    def receive(self, ready):
        if self._listener in ready:
            self._drop()
            self._client, _ = self._listener.accept()
            self._client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self._client not in ready:
            return b""
        try:
            data = self._client.recv(4096)
        except OSError:
            data = b""
        if not data:
            self._drop()
        return data

    def send(self, data):
        if self._client:
            try:
                self._client.sendall(data)
            except OSError:
                self._drop()

    def _drop(self):
        if self._client:
            self._client.close()
        self._client = None


class PtyWire:
    """The same on a pseudo-terminal, for programs that want a device file. It has no control lines."""

    def __init__(self):
        self._master, slave = pty.openpty()
        tty.setraw(slave)
        self.path = os.ttyname(slave)
        self._slave = slave  # kept open, so that a program that closes it does not end the wire

    @property
    def sources(self):
        return [self._master]

    def receive(self, ready):
        return os.read(self._master, 4096) if self._master in ready else b""

    def send(self, data):
        os.write(self._master, data)


class Control:
    """A line-oriented second wire; each line gets one line back that starts with `ok` or `no`."""

    def __init__(self, port, desk):
        self._listener = listen(port)
        self._clients = {}
        self._desk = desk

    @property
    def sources(self):
        return [self._listener, *self._clients]

    def serve(self, ready):
        if self._listener in ready:
            client, _ = self._listener.accept()
            self._clients[client] = b""
        for client in [client for client in self._clients if client in ready]:
            try:
                data = client.recv(4096)
            except OSError:
                data = b""
            if not data:
                client.close()
                del self._clients[client]
                continue
            *lines, self._clients[client] = (self._clients[client] + data).split(b"\n")
            for line in lines:
                client.sendall(self._desk.command(line.decode().split()).encode() + b"\n")


class Desk:
    """What the control wire commands, and the loop that keeps all of it going."""

    def __init__(self, rom, flash, efuses, circuit, wire, control_port):
        self._rom, self._flash, self._efuses = rom, flash, efuses
        self._wire = wire
        self._control = Control(control_port, self)
        self._circuit = circuit
        self._chip = None
        self._mode = "off"
        self._boots = 0
        self._quiet = 0
        self._running = True

    def command(self, words):
        match words:
            case ["reset"]:
                self.boot("download")
            case ["run"]:
                self.boot("run")
            case ["lines", dtr, rts]:
                self.lines(dtr == "1", rts == "1")
            case ["state"]:
                return f"ok {self._mode} {self._boots}"
            case ["quit"]:
                self._running = False
            case _:
                return "no such command: reset, run, lines DTR RTS, state, quit"
        return "ok"

    def lines(self, dtr, rts):
        """The host set its control lines."""
        self._circuit.set(dtr, rts, time.monotonic())
        if self._circuit.held:
            self._mode, self._chip = "held", None

    def boot(self, mode):
        """The chip comes out of reset."""
        self._mode = mode
        self._boots += 1
        self._quiet = 0
        self._chip = Chip(self._rom, self._flash, self._efuses, mode == "download")
        if mode == "run":
            for _ in range(RUN_SLICES):
                self._chip.run(SLICE_IDLE)
            self._wire.send(bytes(self._chip.uart.sent) + APPLICATION)
            self._chip = None

    def serve_forever(self):
        while self._running:
            self.turn()

    def turn(self):
        """One look at the sockets and one slice for the chip."""
        asleep = self._chip is None or self._quiet > PATIENCE
        sources = self._wire.sources + self._control.sources
        ready, _, _ = select.select(sources, [], [], IDLE_WAIT if asleep else 0)
        self._control.serve(ready)
        data = self._wire.receive(ready)
        if rose := self._circuit.rose(time.monotonic()):
            self.boot(rose)
        if self._chip is None:
            return  # held in reset, or running an application that does not listen
        uart = self._chip.uart
        uart.line += data
        try:
            self._chip.run(SLICE_BUSY if uart.busy else SLICE_IDLE)
        except (UcError, RuntimeError) as error:
            # As on a board: the loader can be led astray, and then only a reset helps.
            print("the chip crashed:", error, file=sys.stderr, flush=True)
            self._mode, self._chip = "crashed", None
            return
        self._quiet = 0 if uart.busy or uart.sent else self._quiet + 1
        if uart.sent:
            self._wire.send(bytes(uart.sent))
            uart.sent.clear()


def listen(port):
    """A listening socket on this machine only; port 0 takes any free one."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    listener.listen(4)
    return listener
