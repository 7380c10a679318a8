//! The protocol of Microsoft's TPM simulator, in front of a TPM that speaks plain TCP.
//!
//! One port takes commands for the TPM, the next one those for its platform (TPM 2.0 Library, Part 4,
//! `TcpServer.c` of the reference code). All numbers are 32 bits, the highest byte first.

use std::io::{Read, Result, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::thread;

use super::device::pair;

const SEND_COMMAND: u32 = 8;
const HANDSHAKE: u32 = 15;

/// Serves one client after the other, for as long as the test runs. Gives the first of the ports.
pub(crate) fn serve(tpm: u16) -> u16 {
    let port = pair();
    let commands = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).unwrap();
    let platform = TcpListener::bind((Ipv4Addr::LOCALHOST, port + 1)).unwrap();
    thread::spawn(move || {
        for client in commands.incoming().flatten() {
            let _ = command_port(client, tpm);
        }
    });
    thread::spawn(move || {
        for client in platform.incoming().flatten() {
            let _ = platform_port(client);
        }
    });
    port
}

fn command_port(mut client: TcpStream, tpm: u16) -> Result<()> {
    let mut tpm = TcpStream::connect((Ipv4Addr::LOCALHOST, tpm))?;
    loop {
        match number(&mut client)? {
            HANDSHAKE => {
                let version = number(&mut client)?;
                write(&mut client, &[version, 0, 0], &[])?;
            }
            SEND_COMMAND => {
                let _locality = bytes(&mut client, 1)?;
                let size = number(&mut client)?;
                tpm.write_all(&bytes(&mut client, size)?)?;
                // Tag, size of all, code (Part 1, section 18).
                let mut answer = bytes(&mut tpm, 6)?;
                let size = u32::from_be_bytes([answer[2], answer[3], answer[4], answer[5]]);
                answer.extend(bytes(&mut tpm, size - 6)?);
                write(&mut client, &[size], &answer)?;
                write(&mut client, &[0], &[])?;
            }
            _ => return Ok(()),
        }
    }
}

/// Power is always on here.
fn platform_port(mut client: TcpStream) -> Result<()> {
    loop {
        number(&mut client)?;
        write(&mut client, &[0], &[])?;
    }
}

fn number(stream: &mut TcpStream) -> Result<u32> {
    let mut bytes = [0; 4];
    stream.read_exact(&mut bytes)?;
    Ok(u32::from_be_bytes(bytes))
}

fn bytes(stream: &mut TcpStream, count: u32) -> Result<Vec<u8>> {
    let mut bytes = vec![0; usize::try_from(count).unwrap()];
    stream.read_exact(&mut bytes)?;
    Ok(bytes)
}

fn write(stream: &mut TcpStream, numbers: &[u32], rest: &[u8]) -> Result<()> {
    let mut all: Vec<u8> = numbers.iter().flat_map(|n| n.to_be_bytes()).collect();
    all.extend(rest);
    stream.write_all(&all)
}
