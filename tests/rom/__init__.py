"""A genuine ESP32-C3 mask ROM on a desk without a board.

The ROM's own machine code runs in an emulated RISC-V core. Around it stand models of the few
peripherals that its serial loader touches: UART0, the SPI flash controller, eFuses, straps, the
interrupt matrix. Nothing of the loader itself is imitated: what answers is what Espressif put into
the silicon, which makes it an independent judge of anything that claims to speak its protocol.

    elf.py        the ROM image and its symbols, from the ELF file that Espressif publishes
    uart.py       UART0
    spiflash.py   SPI1 and the NOR flash behind it
    soc.py        core, memory map, interrupts, everything else that is a register
    circuit.py    what DTR and RTS do: the usual two transistors, or the chip's own USB
    table.py      the partition table that the flash starts with
    serve.py      TCP (or pty) on one side, the chip on the other

Not modelled: the data path of USB-Serial-JTAG, baud rates, timing, flash encryption, the second core that others have.
"""
