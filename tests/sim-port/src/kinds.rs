//! The USB bridges found on boards.

/// One kind of USB serial port.
#[derive(Debug)]
pub(crate) struct Kind {
    /// What commands call it.
    pub(crate) name: &'static str,
    /// USB vendor id.
    pub(crate) vid: u16,
    /// USB product id.
    pub(crate) pid: u16,
    /// USB product string.
    pub(crate) product: &'static str,
    /// `ttyUSB` for a bridge with a driver of its own, `ttyACM` for the communication class.
    pub(crate) driver: Driver,
}

/// The kernel driver that makes the terminal, which gives it its name and number.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Driver {
    Acm,
    UsbSerial,
}

impl Driver {
    pub(crate) fn prefix(self) -> &'static str {
        match self {
            Self::Acm => "ttyACM",
            Self::UsbSerial => "ttyUSB",
        }
    }

    /// Major device number (Linux, `Documentation/admin-guide/devices.txt`).
    pub(crate) fn major(self) -> u16 {
        match self {
            Self::Acm => 166,
            Self::UsbSerial => 188,
        }
    }
}

/// Vendor, product and string as the chips report them.
pub(crate) const KINDS: &[Kind] = &[
    kind("ch340", 0x1a86, 0x7523, "USB Serial", Driver::UsbSerial),
    kind("ch9102", 0x1a86, 0x55d4, "USB Single Serial", Driver::Acm),
    kind(
        "cp2102",
        0x10c4,
        0xea60,
        "CP2102 USB to UART Bridge Controller",
        Driver::UsbSerial,
    ),
    kind(
        "ft232r",
        0x0403,
        0x6001,
        "FT232R USB UART",
        Driver::UsbSerial,
    ),
    kind(
        "usb-jtag",
        0x303a,
        0x1001,
        "USB JTAG/serial debug unit",
        Driver::Acm,
    ),
];

const fn kind(
    name: &'static str,
    vid: u16,
    pid: u16,
    product: &'static str,
    driver: Driver,
) -> Kind {
    Kind {
        name,
        vid,
        pid,
        product,
        driver,
    }
}
