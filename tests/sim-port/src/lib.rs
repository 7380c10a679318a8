//! What the preload library and the simulator `signet-sim-port` say to each other.
//!
//! The simulator is the program of this package; see its own documentation for what it does.

pub mod wire;
