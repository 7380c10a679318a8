"""The auto-reset circuit of nearly every development board: DTR and RTS, two transistors, EN and IO0.

RTS alone pulls EN (reset) low, DTR alone pulls IO0 (boot mode) low, both together pull neither. A
capacitor lets EN rise slowly; the boot mode is what IO0 says when EN has risen. Espressif, "Boot
Mode Selection", automatic bootloader.
"""

EN_RISE_SECONDS = 0.02


class ResetCircuit:
    """Turns line changes into "held in reset", "rose with IO0 low", "rose with IO0 high"."""

    def __init__(self):
        self.dtr = False
        self.rts = False
        self._rises_at = None

    @property
    def held(self):
        """Whether the chip is held in reset, or on its way out of it."""
        return self._pulls_en or self._rises_at is not None

    def set(self, dtr, rts, now):
        """Sets both lines at once; `True` is asserted."""
        was_low = self._pulls_en
        self.dtr, self.rts = dtr, rts
        if self._pulls_en:
            self._rises_at = None
        elif was_low:
            self._rises_at = now + EN_RISE_SECONDS

    def rose(self, now):
        """`"download"` or `"run"` once per rise of EN, else `None`."""
        if self._rises_at is None or now < self._rises_at:
            return None
        self._rises_at = None
        return "download" if self.dtr and not self.rts else "run"

    @property
    def _pulls_en(self):
        return self.rts and not self.dtr


class UsbSerialJtag:
    """The USB unit inside the chip, where the same two lines are commands: DTR alone says "loader next",
    neither says "application next", RTS alone resets, both together say nothing. ESP32-C3 Technical
    Reference Manual, "USB Serial/JTAG Controller", reset of the chip by CDC-ACM.
    """

    held = False

    def __init__(self):
        self._next = "run"
        self._reset = None

    def set(self, dtr, rts, now):
        """Sets both lines at once; `True` is asserted."""
        if not rts:
            self._next = "download" if dtr else "run"
        elif not dtr:
            self._reset = self._next

    def rose(self, now):
        """`"download"` or `"run"` once per reset, else `None`."""
        reset, self._reset = self._reset, None
        return reset
