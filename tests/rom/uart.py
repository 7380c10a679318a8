"""UART0, as far as the ROM uses it. Register names: ESP32-C3 Technical Reference Manual, chapter 26."""

from collections import deque

FIFO, INT_RAW, INT_ST, INT_ENA, INT_CLR = 0x00, 0x04, 0x08, 0x0C, 0x10
STATUS = 0x1C
LOWPULSE, HIGHPULSE, RXD_CNT, POSPULSE, NEGPULSE = 0x28, 0x2C, 0x30, 0x34, 0x38

RXFIFO_FULL, RXFIFO_TOUT = 1 << 0, 1 << 8
RX_DEPTH = 127

# 40 MHz / 115200: what the pulse counters measure, and how many edges the ROM wants to have seen.
BIT_CLOCKS = 347
ENOUGH_EDGES = 200


class Uart:
    """Bytes the host sent wait in `line` until the FIFO has room; bytes for the host are in `sent`."""

    def __init__(self):
        self.line = bytearray()
        self.sent = bytearray()
        self._fifo = deque()
        self._raw = 0
        self._enabled = 0
        self._heard = False

    @property
    def busy(self):
        """Whether the chip still has bytes to take in."""
        return bool(self._fifo or self.line)

    @property
    def interrupt(self):
        """Whether the interrupt line is up."""
        return bool(self._raw & self._enabled)

    def clock_in(self):
        """Moves bytes from the line into the FIFO.

        Called once per slice: a wire delivers one FIFO in the time of a slice, and the ROM's handler,
        which reads until the FIFO is empty, would overrun its own buffer if it never became so.
        """
        room = RX_DEPTH - len(self._fifo)
        if self.line and room > 0:
            self._heard = True
            self._fifo.extend(self.line[:room])
            del self.line[:room]
        self._raise()

    def read(self, register):
        if register == FIFO:
            return self._fifo.popleft() if self._fifo else 0
        if register == INT_RAW:
            return self._raw
        if register == INT_ST:
            return self._raw & self._enabled
        if register == INT_ENA:
            return self._enabled
        if register == STATUS:
            return len(self._fifo)
        if register == RXD_CNT:
            return ENOUGH_EDGES if self._heard else 0
        if register in (LOWPULSE, HIGHPULSE, POSPULSE, NEGPULSE):
            return BIT_CLOCKS if self._heard else 0
        return None

    def write(self, register, value):
        """Returns whether the register belongs to this model."""
        if register == FIFO:
            self.sent.append(value & 0xFF)
        elif register == INT_ENA:
            self._enabled = value
        elif register == INT_CLR:
            self._raw &= ~value
            self._raise()
        else:
            return False
        return True

    def _raise(self):
        if self._fifo:
            self._raw |= RXFIFO_FULL | RXFIFO_TOUT
