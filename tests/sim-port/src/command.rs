use serde::Deserialize;

/// One line of standard input, such as `{"id": 1, "do": "unplug", "name": "a"}`.
#[derive(Debug, Deserialize)]
pub(crate) struct Order {
    /// Chosen by the sender; the answer carries it.
    pub(crate) id: u64,
    #[serde(flatten)]
    pub(crate) command: Command,
}

/// What the simulator can be told to do.
#[derive(Debug, Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case")]
pub(crate) enum Command {
    /// Connect to the board and show the port.
    Plug(Plug),
    /// Let every further open fail: 16 is "in use by another program", 13 "no permission", null ends it.
    Refuse { name: String, errno: Option<i32> },
    /// Pull the port out, whether open or not.
    Unplug { name: String },
    /// Pull the port out by itself when so many more bytes have gone to the board.
    UnplugAfter { name: String, bytes: u64 },
}

/// A port to be.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Plug {
    /// What commands and events call it.
    pub(crate) name: String,
    /// One of [`crate::kinds::KINDS`].
    pub(crate) kind: String,
    /// `host:port` that carries the bytes.
    pub(crate) board: String,
    /// `host:port` that is told the control lines.
    #[serde(default)]
    pub(crate) control: Option<String>,
    /// The last part of the device node, such as `ttyUSB3`; by default the first free one.
    #[serde(default)]
    pub(crate) node: Option<String>,
    /// USB serial number.
    #[serde(default)]
    pub(crate) serial: Option<String>,
    /// Let every open fail from the first moment, as [`Command::Refuse`] does later.
    #[serde(default)]
    pub(crate) errno: Option<i32>,
}
