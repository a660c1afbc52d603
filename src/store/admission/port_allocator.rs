//! Node ports: which one a Service gets, and which are taken.

use std::fmt;
use std::num::IntErrorKind;
use std::str::FromStr;

use imbl::OrdSet;

use crate::api::Random;
use crate::api::validation::quote::quote;

// Models pkg/util/net/port_range.go PortRange
/// A range of ports.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PortRange {
    /// The first port.
    pub base: i32,
    /// How many ports there are.
    pub size: i32,
}

impl PortRange {
    /// 30000-32767, the default of the API server.
    pub const DEFAULT: PortRange = PortRange { base: 30000, size: 2768 };

    /// Whether the port is in the range.
    pub fn contains(self, port: i32) -> bool {
        port >= self.base && port - self.base < self.size
    }
}

impl fmt::Display for PortRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.size == 0 { Ok(()) } else { write!(f, "{}-{}", self.base, self.base + self.size - 1) }
    }
}

impl FromStr for PortRange {
    type Err = String;

    /// Reads `port`, `first-last` or `first+more`; the empty text is the empty range. The error has upstream's words.
    fn from_str(text: &str) -> Result<PortRange, String> {
        let text = text.trim();
        if text.is_empty() {
            return Ok(PortRange { base: 0, size: 0 });
        }
        let (low, high) = match (text.split_once('-'), text.split_once('+')) {
            (None, None) => (atoi(text)?, atoi(text)?),
            (Some((low, high)), None) => (atoi(low)?, atoi(high)?),
            (None, Some((low, more))) => {
                let low = atoi(low)?;
                (low, low.wrapping_add(atoi(more)?))
            }
            (Some(_), Some(_)) => return Err(format!("unable to parse port range: {text}")),
        };
        if low > 65535 || high > 65535 {
            return Err(format!("the port range cannot be greater than 65535: {text}"));
        }
        if high < low {
            return Err(format!("end port cannot be less than start port: {text}"));
        }
        match (i32::try_from(low), i32::try_from(1 + high - low)) {
            (Ok(base), Ok(size)) => Ok(PortRange { base, size }),
            _ => Err(format!("unable to parse port range: {text}")),
        }
    }
}

/// A number as Go's `strconv.Atoi` reads it.
fn atoi(text: &str) -> Result<i64, String> {
    text.parse().map_err(|error: std::num::ParseIntError| {
        let words = match error.kind() {
            IntErrorKind::PosOverflow | IntErrorKind::NegOverflow => "value out of range",
            _ => "invalid syntax",
        };
        format!("strconv.Atoi: parsing {}: {words}", quote(text))
    })
}

/// Why no port was given. Printed as upstream prints it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PortError {
    /// No port is free.
    Full,
    /// Another Service has the port.
    Allocated,
    /// The port is outside the range.
    NotInRange(PortRange),
}

impl fmt::Display for PortError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PortError::Full => f.write_str("range is full"),
            PortError::Allocated => f.write_str("provided port is already allocated"),
            PortError::NotInRange(range) => {
                write!(f, "provided port is not in the valid range. The range of valid ports is {range}")
            }
        }
    }
}

// Models pkg/registry/core/service/portallocator/allocator.go PortAllocator
/// The node ports of the cluster. The first `range_offset` are the static band, the rest the dynamic one. Clones
/// share everything.
#[derive(Clone, Debug)]
pub struct PortAllocator {
    range: PortRange,
    range_offset: i32,
    used: OrdSet<i32>,
}

impl PortAllocator {
    /// The allocator of a range.
    pub fn new(range: PortRange) -> PortAllocator {
        PortAllocator { range, range_offset: calculate_range_offset(range), used: OrdSet::new() }
    }

    /// The range.
    pub fn range(&self) -> PortRange {
        self.range
    }

    /// How many ports the static band has; 0 when the range is too small to have bands.
    pub fn range_offset(&self) -> i32 {
        self.range_offset
    }

    /// The first port of the dynamic band.
    pub fn dynamic_first_port(&self) -> i32 {
        self.range.base + self.range_offset
    }

    /// Whether the port is taken.
    pub fn is_allocated(&self, port: i32) -> bool {
        self.used.contains(&port)
    }

    /// Takes a given port. Errors: not in the range, or already allocated.
    pub fn allocate(&mut self, port: i32) -> Result<(), PortError> {
        if !self.range.contains(port) {
            return Err(PortError::NotInRange(self.range));
        }
        if self.used.insert(port).is_some() {
            return Err(PortError::Allocated);
        }
        Ok(())
    }

    // Models pkg/registry/core/service/allocator/bitmap.go randomScanStrategyWithOffset.AllocateBit
    /// Takes a free port: from a random place in the dynamic band on, around its end; when that is full, the same in
    /// the static band. The error is that the range is full.
    pub fn allocate_next(&mut self, random: &mut Random) -> Result<i32, PortError> {
        let port = self
            .free_from(self.dynamic_first_port(), self.range.size - self.range_offset, random)
            .or_else(|| self.free_from(self.range.base, self.range_offset, random))
            .ok_or(PortError::Full)?;
        self.used.insert(port);
        Ok(port)
    }

    fn free_from(&self, first: i32, size: i32, random: &mut Random) -> Option<i32> {
        let bound = u64::try_from(size).ok().filter(|&size| size > 0)?;
        let start = i32::try_from(random.below(bound)).ok()?;
        (start..size).chain(0..start).map(|offset| first + offset).find(|port| !self.used.contains(port))
    }

    /// Gives a port back; one that is not taken changes nothing.
    pub fn release(&mut self, port: i32) {
        self.used.remove(&port);
    }
}

// Models pkg/registry/core/service/portallocator/allocator.go calculateRangeOffset
/// How many ports are left to Services that name one: a thirty-second, at least 16 and at most 128; 0 when the range
/// has 16 ports or fewer.
pub fn calculate_range_offset(range: PortRange) -> i32 {
    if range.size <= 16 { 0 } else { (range.size / 32).clamp(16, 128) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Result<(i32, i32), &str>) {
        let range = text.parse::<PortRange>().map(|range| (range.base, range.size));
        assert_eq!(
            range.as_ref().map_err(String::as_str),
            expected.as_ref().map_err(|error| *error),
            "{text}"
        );
    }

    #[test]
    fn ranges_are_read_as_upstream_reads_them() {
        check("30000-32767", Ok((30000, 2768)));
        check("30000+9", Ok((30000, 10)));
        check("1-2-3", Err("strconv.Atoi: parsing \"2-3\": invalid syntax"));
        check("-5", Err("strconv.Atoi: parsing \"\": invalid syntax"));
        check("1+2-3", Err("unable to parse port range: 1+2-3"));
        check(
            "99999999999999999999",
            Err("strconv.Atoi: parsing \"99999999999999999999\": value out of range"),
        );
    }

    #[test]
    fn dynamic_band_is_used_up_before_the_static_one() {
        let mut ports = PortAllocator::new("30000-30019".parse().unwrap());
        let mut random = Random::new(1);
        let taken: Vec<i32> = (0..20).map(|_| ports.allocate_next(&mut random).unwrap()).collect();
        assert!(taken[..4].iter().all(|port| *port >= 30016));
        assert!(taken[4..].iter().all(|port| *port < 30016));
        assert_eq!(ports.allocate_next(&mut random), Err(PortError::Full));
    }

    #[test]
    fn errors_read_as_upstream_prints_them() {
        let mut ports = PortAllocator::new(PortRange::DEFAULT);
        assert_eq!(ports.allocate(30080), Ok(()));
        assert_eq!(ports.allocate(30080).unwrap_err().to_string(), "provided port is already allocated");
        assert_eq!(
            ports.allocate(80).unwrap_err().to_string(),
            "provided port is not in the valid range. The range of valid ports is 30000-32767"
        );
    }
}
