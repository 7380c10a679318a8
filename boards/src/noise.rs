//! What a bad line does to bytes.

/// How often each mishap hits a byte, in millionths.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rates {
    /// The byte is lost.
    pub lose: u32,
    /// The byte comes twice.
    pub double: u32,
    /// One bit of the byte flips.
    pub flip: u32,
}

/// A line that loses, doubles and changes bytes, the same ones for the same seed.
#[derive(Clone, Debug)]
pub struct Noise {
    state: u64,
    rates: Rates,
    hits: u32,
    /// Bytes that pass unharmed after each mishap, and how many of them are left.
    gap: u32,
    left: u32,
}

impl Noise {
    /// A line with those mishaps.
    #[must_use]
    pub fn new(seed: u64, rates: Rates) -> Self {
        Self {
            state: seed,
            rates,
            hits: 0,
            gap: 0,
            left: 0,
        }
    }

    /// A line that does nothing to bytes.
    #[must_use]
    pub fn none() -> Self {
        Self::new(0, Rates::default())
    }

    /// At least that many bytes pass unharmed after each mishap.
    #[must_use]
    pub fn with_gap(mut self, bytes: u32) -> Self {
        self.gap = bytes;
        self
    }

    /// What arrives of `bytes`.
    pub fn pass(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut passed = Vec::with_capacity(bytes.len());
        let Rates { lose, double, flip } = self.rates;
        for &byte in bytes {
            if let Some(left) = self.left.checked_sub(1) {
                self.left = left;
                passed.push(byte);
                continue;
            }
            let dice = self.below(1_000_000);
            let hit = dice < lose.saturating_add(double).saturating_add(flip);
            if hit {
                self.left = self.gap;
            }
            self.hits = self.hits.saturating_add(u32::from(hit));
            match dice {
                _ if dice < lose => {}
                _ if dice < lose + double => passed.extend([byte, byte]),
                _ if hit => passed.push(byte ^ (1 << self.below(8))),
                _ => passed.push(byte),
            }
        }
        passed
    }

    /// How many bytes were hit so far.
    #[must_use]
    pub fn hits(&self) -> u32 {
        self.hits
    }

    /// A number below `limit`, which is not zero.
    pub fn below(&mut self, limit: u32) -> u32 {
        // SplitMix64 (Steele, Lea, Flood, 2014): any seed will do, also 0 and 1.
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        let high = (z ^ (z >> 31)) >> 32;
        u32::try_from((high * u64::from(limit)) >> 32).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_does_the_same() {
        let rates = Rates {
            lose: 50_000,
            double: 50_000,
            flip: 50_000,
        };
        let bytes: Vec<u8> = (0..=255).collect();
        let mut first = Noise::new(7, rates);
        let passed = first.pass(&bytes);
        assert_eq!(passed, Noise::new(7, rates).pass(&bytes));
        assert_ne!(passed, Noise::new(8, rates).pass(&bytes));
        assert!(
            (20..60).contains(&first.hits()),
            "15 % of 256, not {}",
            first.hits()
        );
    }

    #[test]
    fn a_good_line_changes_nothing() {
        assert_eq!(Noise::none().pass(&[1, 2, 3]), [1, 2, 3]);
    }
}
