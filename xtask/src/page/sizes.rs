//! What a first visit downloads.

use std::io::Write as _;

use anyhow::Result;

use super::Files;

/// The sizes by kind, as a table: raw, gzip at its best level, brotli at its best level.
pub(crate) fn table(files: &Files) -> Result<String> {
    let mut rows = vec![
        "| file kind | raw bytes | gzip -9 | brotli 11 |".to_owned(),
        "|---|--:|--:|--:|".to_owned(),
    ];
    let mut sum = [0; 3];
    for kind in ["wasm", "js", "css", "other"] {
        let mut size = [0; 3];
        for bytes in files
            .iter()
            .filter(|(name, _)| kind_of(name) == kind)
            .map(|(_, bytes)| bytes)
        {
            for (total, part) in size
                .iter_mut()
                .zip([bytes.len(), gzip(bytes)?, brotli(bytes)?])
            {
                *total += part;
            }
        }
        rows.push(format!(
            "| {kind} | {} | {} | {} |",
            size[0], size[1], size[2]
        ));
        for (total, part) in sum.iter_mut().zip(size) {
            *total += part;
        }
    }
    rows.push(format!("| all | {} | {} | {} |", sum[0], sum[1], sum[2]));
    Ok(rows.join("\n"))
}

fn kind_of(name: &str) -> &'static str {
    match name.rsplit_once('.').map(|(_, ending)| ending) {
        Some("wasm") => "wasm",
        Some("js") => "js",
        Some("css") => "css",
        Some("txt") => "not downloaded", // licence texts, read by people who ask for them
        _ => "other",
    }
}

fn gzip(bytes: &[u8]) -> Result<usize> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes)?;
    Ok(encoder.finish()?.len())
}

fn brotli(bytes: &[u8]) -> Result<usize> {
    let mut out = Vec::new();
    let parameters = brotli::enc::BrotliEncoderParams {
        quality: 11,
        lgwin: 22,
        ..Default::default()
    };
    brotli::BrotliCompress(&mut &bytes[..], &mut out, &parameters)?;
    Ok(out.len())
}
