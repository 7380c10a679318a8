//! The station's clock: the one place that reads the time.

use std::time::{SystemTime, UNIX_EPOCH};

use signet_core::UnixTime;

/// Now, or 1970 on a computer whose clock stands before it.
pub(crate) fn now() -> UnixTime {
    UnixTime(
        SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |elapsed| elapsed.as_secs()),
    )
}

/// As the service writes moments: RFC 3339 with seven fractional digits.
pub(crate) fn timestamp(time: UnixTime) -> String {
    time.to_string().replace('Z', ".0000000Z")
}
