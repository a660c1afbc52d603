//! Cluster IPs: which one a Service gets, and which are taken.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use imbl::OrdSet;
use ipnet::IpNet;

use crate::api::Random;

/// Why no address was given. Printed as upstream prints it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum IpError {
    /// No address is free.
    Full,
    /// Another Service has the address.
    Allocated,
    /// The address is in none of the cluster's ranges.
    MismatchedNetwork,
}

impl fmt::Display for IpError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            IpError::Full => "range is full",
            IpError::Allocated => "provided IP is already allocated",
            IpError::MismatchedNetwork => "the provided network does not match the current range",
        })
    }
}

// Models pkg/registry/core/service/ipallocator/ipallocator.go Allocator
/// The addresses of one range: `first` to `last`, of which the first `range_offset` are the static band, the rest the
/// dynamic one. Clones share everything.
#[derive(Clone, Debug)]
pub struct IpAllocator {
    cidr: IpNet,
    first: u128,
    last: u128,
    range_offset: u64,
    size: u64,
    used: OrdSet<IpAddr>,
}

impl IpAllocator {
    /// The allocator of a range. The network's address is never given, nor the broadcast address of IPv4; the error
    /// is the API server's for an IPv6 range that is too large.
    pub fn new(cidr: IpNet) -> Result<IpAllocator, String> {
        let cidr = cidr.trunc();
        if matches!(cidr, IpNet::V6(_)) && cidr.prefix_len() < 64 {
            return Err(format!(
                "shortest allowed prefix length for service CIDR is 64, got {}",
                cidr.prefix_len()
            ));
        }
        let size = hosts_per_network(cidr);
        let last = number(cidr.broadcast());
        let last = if matches!(cidr, IpNet::V4(_)) { last.wrapping_sub(1) } else { last };
        Ok(IpAllocator {
            cidr,
            first: number(cidr.network()).wrapping_add(1),
            last,
            range_offset: calculate_range_offset(cidr),
            size,
            used: OrdSet::new(),
        })
    }

    /// The range.
    pub fn cidr(&self) -> IpNet {
        self.cidr
    }

    /// How many addresses the static band has; 0 when the range is too small to have bands.
    pub fn range_offset(&self) -> u64 {
        self.range_offset
    }

    /// How many addresses the range has to give.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The first address of the range.
    pub fn first_address(&self) -> IpAddr {
        self.address(self.first)
    }

    /// The last address of the range.
    pub fn last_address(&self) -> IpAddr {
        self.address(self.last)
    }

    /// The first address of the dynamic band.
    pub fn dynamic_first_address(&self) -> IpAddr {
        self.address(self.first.wrapping_add(self.range_offset.into()))
    }

    /// The last address of the static band; `None` when there is no such band.
    pub fn static_last_address(&self) -> Option<IpAddr> {
        let last = self.first.wrapping_add(self.range_offset.into()).wrapping_sub(1);
        (self.range_offset > 0).then(|| self.address(last))
    }

    /// Whether the address is taken.
    pub fn is_allocated(&self, address: IpAddr) -> bool {
        self.used.contains(&address)
    }

    fn address(&self, number: u128) -> IpAddr {
        match self.cidr {
            // Only the low half counts: Go's addresses wrap around in their own width, too.
            IpNet::V4(_) => IpAddr::V4(Ipv4Addr::from((number & u128::from(u32::MAX)) as u32)),
            IpNet::V6(_) => IpAddr::V6(Ipv6Addr::from(number)),
        }
    }

    // Models pkg/api/servicecidr/servicecidr.go PrefixContainsIP
    fn contains(&self, address: IpAddr) -> bool {
        self.cidr.contains(&address) && (self.first..=self.last).contains(&number(address))
    }

    // Models pkg/registry/core/service/ipallocator/cidrallocator.go MetaAllocator.AllocateService
    /// Takes a given address. Errors: not in the range, or already allocated.
    pub fn allocate(&mut self, address: IpAddr) -> Result<(), IpError> {
        if !self.contains(address) {
            return Err(IpError::MismatchedNetwork);
        }
        if self.used.insert(address).is_some() {
            return Err(IpError::Allocated);
        }
        Ok(())
    }

    // Models pkg/registry/core/service/ipallocator/ipallocator.go Allocator.allocateNextService
    /// Takes a free address: from a random place in the dynamic band on, around its end; when that is full, the same
    /// in the static band. The error is that the range is full.
    pub fn allocate_next(&mut self, random: &mut Random) -> Result<IpAddr, IpError> {
        let dynamic = self.size.saturating_sub(self.range_offset);
        let offset = u128::from(self.range_offset);
        let found = self
            .free_from(self.first.wrapping_add(offset), dynamic, random)
            .or_else(|| self.free_from(self.first, self.range_offset, random))
            .ok_or(IpError::Full)?;
        self.used.insert(found);
        Ok(found)
    }

    fn free_from(&self, first: u128, size: u64, random: &mut Random) -> Option<IpAddr> {
        if size == 0 {
            return None;
        }
        let start = random.below(size);
        (start..size)
            .chain(0..start)
            .map(|offset| self.address(first.wrapping_add(offset.into())))
            .find(|address| !self.used.contains(address))
    }

    /// Gives an address back; one that is not taken changes nothing.
    pub fn release(&mut self, address: IpAddr) {
        self.used.remove(&address);
    }
}

fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(v4) => u32::from(v4).into(),
        IpAddr::V6(v6) => v6.into(),
    }
}

fn host_bits(cidr: IpNet) -> u8 {
    cidr.max_prefix_len() - cidr.prefix_len()
}

// Models pkg/registry/core/service/ipallocator/ipallocator.go hostsPerNetwork
/// All addresses but the network's and, for IPv4, the broadcast address; at most 2^64-1.
fn hosts_per_network(cidr: IpNet) -> u64 {
    let all = 1_u64.checked_shl(host_bits(cidr).into()).unwrap_or(0).wrapping_sub(1);
    if matches!(cidr, IpNet::V4(_)) { all.saturating_sub(1) } else { all }
}

// Models pkg/registry/core/service/ipallocator/bitmap.go calculateRangeOffset
/// How many addresses are left to Services that name one: a sixteenth, at least 16 and at most 256; 0 when the range
/// has 16 addresses or fewer. Go counts an IPv4 /0 or /1 and an IPv6 /0 or /1 as empty.
pub fn calculate_range_offset(cidr: IpNet) -> u64 {
    let bits = host_bits(cidr);
    let size = match (cidr, bits) {
        (IpNet::V4(_), 31..) | (IpNet::V6(_), 127..) => 0,
        (_, 63..) => i64::MAX as u64,
        (_, bits) => 1 << bits,
    };
    if size <= 16 { 0 } else { (size / 16).clamp(16, 256) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allocator(cidr: &str) -> IpAllocator {
        IpAllocator::new(cidr.parse().unwrap()).unwrap()
    }

    #[test]
    fn dynamic_band_is_used_up_before_the_static_one() {
        let mut ips = allocator("10.96.0.0/27");
        let mut random = Random::new(1);
        let taken: Vec<IpAddr> = (0..30).map(|_| ips.allocate_next(&mut random).unwrap()).collect();
        assert!(taken[..14].iter().all(|ip| *ip >= ips.dynamic_first_address()));
        assert!(taken[14..].iter().all(|ip| *ip < ips.dynamic_first_address()));
        assert_eq!(ips.allocate_next(&mut random), Err(IpError::Full));
        ips.release(taken[3]);
        assert_eq!(ips.allocate_next(&mut random), Ok(taken[3]));
    }

    #[test]
    fn network_and_broadcast_addresses_are_outside() {
        let mut ips = allocator("10.96.0.0/24");
        for outside in ["10.96.0.0", "10.96.0.255", "10.97.0.1", "fd00::1"] {
            assert_eq!(ips.allocate(outside.parse().unwrap()), Err(IpError::MismatchedNetwork), "{outside}");
        }
        assert_eq!(ips.allocate("10.96.0.10".parse().unwrap()), Ok(()));
        assert_eq!(ips.allocate("10.96.0.10".parse().unwrap()), Err(IpError::Allocated));
    }

    #[test]
    fn tiny_ranges_have_nothing_to_give() {
        for cidr in ["10.96.0.0/31", "10.96.0.0/32", "fd00::/128"] {
            assert_eq!(allocator(cidr).allocate_next(&mut Random::new(1)), Err(IpError::Full), "{cidr}");
        }
    }
}
