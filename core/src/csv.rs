//! Tables for spreadsheets: CSV (RFC 4180), every cell quoted, lines ended by CRLF.
//!
//! The `csv` crate is not taken: it writes through `std::io` with a state machine of its own, for what
//! is here one loop, and would not defuse formulas.

/// Adds a line. A cell that a spreadsheet would run as a formula is defused with a leading apostrophe.
pub fn row(out: &mut String, cells: &[&str]) {
    for (index, cell) in cells.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        let formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
        out.push('"');
        if formula {
            out.push('\'');
        }
        out.push_str(&cell.replace('"', "\"\""));
        out.push('"');
    }
    out.push_str("\r\n");
}
