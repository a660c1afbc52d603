//! Simulated time, in whole milliseconds.

use std::fmt;
use std::ops::Add;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time as Timestamp;
use k8s_openapi::jiff;

/// A moment of simulated time: milliseconds since the board was begun.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, serde::Serialize, serde::Deserialize,
)]
#[serde(transparent)]
pub struct Time(pub u64);

/// What timestamps in objects show for the moment zero: 2026-01-01T00:00:00Z, in seconds since 1970.
const EPOCH_SECONDS: i64 = 1_767_225_600;

impl Time {
    /// The beginning.
    pub const ZERO: Time = Time(0);

    /// The moment as objects show it (`metadata.creationTimestamp` and the like), in whole seconds.
    pub fn to_timestamp(self) -> Timestamp {
        let seconds = i64::try_from(self.0 / 1000).unwrap_or(i64::MAX).saturating_add(EPOCH_SECONDS);
        // Out of jiff's range only after some 8,000 years of simulated time.
        Timestamp(jiff::Timestamp::from_second(seconds).unwrap_or(jiff::Timestamp::MAX))
    }

    /// The moment that a timestamp in an object names; moments before the beginning are the beginning.
    pub fn from_timestamp(timestamp: &Timestamp) -> Time {
        let milliseconds = timestamp.0.as_millisecond().saturating_sub(EPOCH_SECONDS * 1000);
        Time(u64::try_from(milliseconds).unwrap_or(0))
    }

    /// Milliseconds from `earlier` to this moment; 0 if `earlier` is later.
    pub fn since(self, earlier: Time) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

impl Add<u64> for Time {
    type Output = Time;

    /// The moment `milliseconds` later.
    fn add(self, milliseconds: u64) -> Time {
        Time(self.0.saturating_add(milliseconds))
    }
}

impl fmt::Display for Time {
    /// Minutes, seconds and milliseconds: `0:42.180`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Time(milliseconds) = *self;
        write!(f, "{}:{:02}.{:03}", milliseconds / 60_000, milliseconds / 1000 % 60, milliseconds % 1000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shown_as_minutes_seconds_and_milliseconds() {
        assert_eq!(Time(42_180).to_string(), "0:42.180");
        assert_eq!(Time(3_600_001).to_string(), "60:00.001");
    }

    #[test]
    fn timestamp_leads_back_to_the_whole_second() {
        assert_eq!(Time::from_timestamp(&Time(42_180).to_timestamp()), Time(42_000));
        assert_eq!(Time(0).to_timestamp().0.to_string(), "2026-01-01T00:00:00Z");
    }
}
