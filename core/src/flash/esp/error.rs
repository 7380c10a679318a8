use core::fmt;

use super::command::Opcode;
use super::reply::Refusal;
use crate::Explain;
use crate::image::partition;

/// Why a session failed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// The partition holds firmware.
    AppPartition {
        /// Its name.
        label: String,
    },
    /// An order came while another was under way.
    Busy,
    /// The port was lost or closed.
    Closed,
    /// Every block was accepted, but the partition holds something else.
    DigestDiffers {
        /// MD5 of what was to be written.
        expected: [u8; 16],
        /// MD5 that the chip computed.
        found: [u8; 16],
    },
    /// Flash encryption is on, so that what is written plainly cannot be read by the firmware.
    FlashEncrypted {
        /// The partition's name.
        label: String,
    },
    /// Two answers to the same question differ, again and again.
    Garbled {
        /// The question.
        command: Opcode,
    },
    /// The image is longer than the partition.
    ImageTooLarge {
        /// Bytes of the image.
        image: u32,
        /// Bytes of the partition.
        partition: u32,
    },
    /// The chip speaks, but never from its serial loader: it starts its application after each reset.
    LoaderNotReached {
        /// Boot mode that the chip printed, `boot:0x…`.
        boot: u8,
    },
    /// The loader announced itself on the line, but answers nothing.
    LoaderSilent,
    /// Nothing arrived at all.
    NoAnswer,
    /// An order came before [`Connect`](super::Command::Connect) or
    /// [`Locate`](super::Command::Locate) was done.
    NotReady,
    /// Something arrived, but nothing that an ESP32 would say.
    NotTheLoader {
        /// How many bytes.
        received: u32,
    },
    /// The partition does not begin and end with a flash sector, or does not stand behind the
    /// partition table: before it is the bootloader.
    PartitionMisplaced {
        /// Its name.
        label: String,
        /// Its byte offset.
        offset: u32,
        /// Its size in bytes.
        size: u32,
    },
    /// No partition has that name.
    PartitionMissing {
        /// The name that was asked for.
        label: String,
        /// The names that are there.
        present: Vec<String>,
    },
    /// The partition table is not sound.
    PartitionTable(partition::Error),
    /// What was read back is not what was written, although the digest agrees.
    ReadBackDiffers {
        /// Byte offset in flash of the piece that differs.
        offset: u32,
    },
    /// The ROM refused a request that it should have followed.
    Refused {
        /// The request.
        command: Opcode,
        /// Its reason.
        reason: Refusal,
    },
    /// The chip only lets itself be written, not read: what is written could not be proven.
    SecureDownload,
    /// The chip stopped answering.
    Silent {
        /// The request that stayed without an answer.
        command: Opcode,
    },
    /// Another flasher's program runs in the chip instead of the ROM.
    StubRunning,
    /// The partition table reaches beyond the end of the flash chip.
    TableBeyondFlash {
        /// Where its last partition ends, in bytes.
        end: u32,
        /// Bytes of the flash chip, by its own word.
        flash: u32,
    },
    /// The chip is none that is known here.
    UnknownChip {
        /// Its chip ID, or the word at 0x40001000 if it gives no ID.
        id: u32,
    },
    /// The MAC address in the eFuses is none.
    UnknownMac {
        /// The two eFuse words, the low one first.
        words: [u32; 2],
    },
    /// The write was begun anew too often.
    Unstable {
        /// How often.
        rounds: u8,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AppPartition { label } => {
                write!(f, "The partition \"{label}\" holds firmware, not data.")
            }
            Self::Busy => f.write_str("The board was given an order while it was busy."),
            Self::Closed => f.write_str("The connection to the board was lost."),
            Self::DigestDiffers { expected, found } => write!(
                f,
                "The board took everything, but holds something else (MD5 {} instead of {}).",
                Hex(found),
                Hex(expected)
            ),
            Self::FlashEncrypted { label } => write!(
                f,
                "Flash encryption is on in this board, and \"{label}\" would be unreadable if it were \
                 written plainly."
            ),
            Self::Garbled { command } => {
                write!(
                    f,
                    "The answers to {command} differ each time: the line is disturbed."
                )
            }
            Self::ImageTooLarge { image, partition } => write!(
                f,
                "The credentials need {image} bytes, and the partition has {partition}."
            ),
            Self::LoaderNotReached { boot } => write!(
                f,
                "The board starts its application instead of its serial loader (boot mode {boot:#x})."
            ),
            Self::LoaderSilent => {
                f.write_str("The board's serial loader waits, but does not hear this computer.")
            }
            Self::NoAnswer => f.write_str("The board does not answer at all."),
            Self::NotReady => {
                f.write_str("The board was given an order before it was connected and identified.")
            }
            Self::NotTheLoader { received } => write!(
                f,
                "The board sends something ({received} bytes), but nothing that an ESP32 would say."
            ),
            Self::PartitionMisplaced {
                label,
                offset,
                size,
            } => write!(
                f,
                "The partition \"{label}\" ({size:#x} bytes at {offset:#x}) does not fill whole \
                 flash sectors behind the partition table."
            ),
            Self::PartitionMissing { label, present } => write!(
                f,
                "The board has no partition \"{label}\"; it has {}.",
                if present.is_empty() {
                    "none".to_owned()
                } else {
                    present.join(", ")
                }
            ),
            Self::PartitionTable(error) => error.fmt(f),
            Self::ReadBackDiffers { offset } => write!(
                f,
                "What the board gives back from {offset:#x} is not what was written there."
            ),
            Self::Refused { command, reason } => {
                write!(f, "The board refused {command}: {reason}.")
            }
            Self::SecureDownload => f.write_str(
                "The board is in secure download mode: it can be written, but nothing can be read \
                 back as proof.",
            ),
            Self::Silent { command } => {
                write!(f, "The board stopped answering (last request: {command}).")
            }
            Self::StubRunning => {
                f.write_str("Another flashing program is still running inside the board.")
            }
            Self::TableBeyondFlash { end, flash } => write!(
                f,
                "The partition table needs {} KiB of flash, and the board's flash chip has {} KiB.",
                end.div_ceil(1024),
                flash / 1024
            ),
            Self::UnknownChip { id } => write!(f, "The chip (ID {id:#x}) is not known."),
            Self::UnknownMac { words: [low, high] } => write!(
                f,
                "The chip has no valid MAC address (eFuse words {low:#010x} and {high:#010x})."
            ),
            Self::Unstable { rounds } => {
                write!(f, "Writing was disturbed each of {rounds} times.")
            }
        }
    }
}

impl Explain for Error {
    fn code(&self) -> &'static str {
        match self {
            Self::AppPartition { .. } => "flash.app-partition",
            Self::Busy => "flash.busy",
            Self::Closed => "flash.closed",
            Self::DigestDiffers { .. } => "flash.digest-differs",
            Self::FlashEncrypted { .. } => "flash.flash-encrypted",
            Self::Garbled { .. } => "flash.garbled",
            Self::ImageTooLarge { .. } => "flash.image-too-large",
            Self::LoaderNotReached { .. } => "flash.loader-not-reached",
            Self::LoaderSilent => "flash.loader-silent",
            Self::NoAnswer => "flash.no-answer",
            Self::NotReady => "flash.not-ready",
            Self::NotTheLoader { .. } => "flash.not-the-loader",
            Self::PartitionMisplaced { .. } => "flash.partition-misplaced",
            Self::PartitionMissing { .. } => "flash.partition-missing",
            Self::PartitionTable(error) => error.code(),
            Self::ReadBackDiffers { .. } => "flash.read-back-differs",
            Self::Refused { .. } => "flash.refused",
            Self::SecureDownload => "flash.secure-download",
            Self::Silent { .. } => "flash.silent",
            Self::StubRunning => "flash.stub-running",
            Self::TableBeyondFlash { .. } => "flash.table-beyond-flash",
            Self::UnknownChip { .. } => "flash.unknown-chip",
            Self::UnknownMac { .. } => "flash.unknown-mac",
            Self::Unstable { .. } => "flash.unstable",
        }
    }

    fn next_step(&self) -> &'static str {
        match self {
            Self::AppPartition { .. } => {
                "Name a data partition in the recipe; firmware is never overwritten."
            }
            Self::Busy | Self::NotReady => {
                "Unplug the board and plug it in again; if this comes back, report it as a fault of \
                 this program."
            }
            Self::Closed => "Check the cable and plug the board in again.",
            Self::DigestDiffers { .. } | Self::ReadBackDiffers { .. } => {
                "Put this board aside: flash its firmware anew before trying again, and discard it if \
                 this comes back."
            }
            Self::FlashEncrypted { .. } => {
                "Put this board aside: credentials must be written before flash encryption is \
                 switched on."
            }
            Self::Garbled { .. } | Self::Unstable { .. } | Self::Silent { .. } => {
                "Use a shorter cable or another USB port, then plug the board in again."
            }
            Self::ImageTooLarge { .. } => {
                "Use firmware with a larger credential partition, or fewer certificates in the recipe."
            }
            Self::LoaderNotReached { .. } | Self::NoAnswer => {
                "Hold BOOT, press and release RESET, release BOOT, then try again; if nothing \
                 changes, try another cable: some only carry power."
            }
            Self::LoaderSilent => {
                "Check that nothing is connected to the board's RX pin, and try another cable."
            }
            Self::NotTheLoader { .. } => {
                "Check that the right port was chosen, then hold BOOT, press and release RESET, \
                 release BOOT and try again."
            }
            Self::PartitionMisplaced { .. } => {
                "Flash firmware whose partitions are aligned to 4 KiB and stand behind their table."
            }
            Self::PartitionMissing { .. } => {
                "Flash the firmware that belongs to the recipe, or correct the partition's name in \
                 the recipe."
            }
            Self::PartitionTable(error) => error.next_step(),
            Self::Refused { .. } => {
                "Unplug the board, plug it in again and retry; put it aside if this comes back."
            }
            Self::SecureDownload => {
                "Put this board aside: it was locked before it was provisioned."
            }
            Self::StubRunning => {
                "Close other flashing programs, then press RESET or unplug the board and try again."
            }
            Self::TableBeyondFlash { .. } => {
                "Flash firmware whose partition table fits this board, or use a board with a larger \
                 flash chip."
            }
            Self::UnknownChip { .. } => {
                "Use a board with a supported chip: ESP32, S2, S3, C2, C3, C5, C6, C61, H2 or P4."
            }
            Self::UnknownMac { .. } => "Put this board aside: its factory data is missing.",
        }
    }
}

/// Bytes as lower-case hexadecimal digits.
struct Hex<'a>(&'a [u8]);

impl fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}
