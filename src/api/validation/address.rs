//! IP addresses and CIDRs, read as generously as stored objects need and checked as strictly as new ones are.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;

use super::field::{FieldError, Path};
use super::quote::quote;

/// What Go's old parser calls too big a number.
const TOO_BIG: u32 = 0xFF_FFFF;

/// A number at the start of `text`, leading zeros allowed, and the rest of the text.
fn leading_number(text: &str, radix: u32) -> Option<(u32, &str)> {
    let length = text.bytes().take_while(|byte| char::from(*byte).is_digit(radix)).count();
    let (digits, rest) = text.split_at_checked(length)?;
    if digits.is_empty() {
        return None;
    }
    let mut number = 0;
    for digit in digits.chars() {
        number = number * radix + digit.to_digit(radix)?;
        if number >= TOO_BIG {
            return None;
        }
    }
    Some((number, rest))
}

fn parse_ipv4_sloppy(text: &str) -> Option<Ipv4Addr> {
    let mut octets = [0; 4];
    let mut rest = text;
    for (index, octet) in octets.iter_mut().enumerate() {
        if index > 0 {
            rest = rest.strip_prefix('.')?;
        }
        let (number, after) = leading_number(rest, 10)?;
        *octet = u8::try_from(number).ok()?;
        rest = after;
    }
    rest.is_empty().then(|| Ipv4Addr::from(octets))
}

fn parse_ipv6_sloppy(text: &str) -> Option<Ipv6Addr> {
    let (head, tail) = match text.split_once("::") {
        Some((head, tail)) => (head, Some(tail)),
        None => (text, None),
    };
    let mut groups = parse_groups(head, tail.is_none())?;
    if let Some(tail) = tail {
        let tail = parse_groups(tail, true)?;
        let zeros = 8_usize.checked_sub(groups.len() + tail.len()).filter(|&zeros| zeros > 0)?;
        groups.extend(std::iter::repeat_n(0, zeros));
        groups.extend(tail);
    }
    <[u16; 8]>::try_from(groups).ok().map(Ipv6Addr::from)
}

/// The groups of one side of `::`; the last two may be written as an IPv4 address where `last` allows it.
fn parse_groups(text: &str, last: bool) -> Option<Vec<u16>> {
    let mut groups = Vec::new();
    if text.is_empty() {
        return Some(groups);
    }
    let mut parts = text.split(':').peekable();
    while let Some(part) = parts.next() {
        if last && parts.peek().is_none() && part.contains('.') {
            let octets = parse_ipv4_sloppy(part)?.octets();
            groups.push(u16::from_be_bytes([octets[0], octets[1]]));
            groups.push(u16::from_be_bytes([octets[2], octets[3]]));
        } else {
            let (number, rest) = leading_number(part, 16)?;
            groups.push(u16::try_from(number).ok().filter(|_| rest.is_empty())?);
        }
    }
    Some(groups)
}

/// An IPv4 address that is written as IPv6 (`::ffff:1.2.3.4`) is that IPv4 address, as for Go.
fn unmapped(address: Ipv6Addr) -> IpAddr {
    address.to_ipv4_mapped().map_or(IpAddr::V6(address), IpAddr::V4)
}

// Models k8s.io/utils/net ParseIPSloppy
/// Reads an IP address and allows leading zeros, which are decimal: `010.1.2.3` is `10.1.2.3`. `None` when it is no
/// address; a zone is not allowed.
pub fn parse_ip_sloppy(text: &str) -> Option<IpAddr> {
    match text.bytes().find(|byte| matches!(byte, b'.' | b':'))? {
        b'.' => parse_ipv4_sloppy(text).map(IpAddr::V4),
        _ => parse_ipv6_sloppy(text).map(unmapped),
    }
}

// Models k8s.io/utils/net ParseCIDRSloppy
/// Reads a CIDR and allows leading zeros and bits beyond the prefix: gives the address as written and the network.
/// `None` when it is no CIDR.
pub fn parse_cidr_sloppy(text: &str) -> Option<(IpAddr, IpNet)> {
    let (address, length) = text.split_once('/')?;
    let (length, rest) = leading_number(length, 10)?;
    let length = u8::try_from(length).ok().filter(|_| rest.is_empty())?;
    if let Some(address) = parse_ipv4_sloppy(address) {
        let network = IpNet::new(address.into(), length).ok()?.trunc();
        return Some((address.into(), network));
    }
    let address = parse_ipv6_sloppy(address)?;
    let network = IpNet::new(address.into(), length).ok()?.trunc();
    Some((unmapped(address), network))
}

// Models pkg/util/validation/ip.go parseIP
fn parse_ip(path: &Path<'_>, value: &str) -> Result<IpAddr, FieldError> {
    let Some(address) = parse_ip_sloppy(value) else {
        let words = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)";
        return Err(FieldError::invalid(path, value, words));
    };
    match value.parse::<IpAddr>() {
        Err(_) => Err(FieldError::invalid(path, value, "must not have leading 0s")),
        Ok(IpAddr::V6(v6)) if v6.to_ipv4_mapped().is_some() => {
            Err(FieldError::invalid(path, value, "must not be an IPv4-mapped IPv6 address"))
        }
        Ok(_) => Ok(address),
    }
}

// Models pkg/util/validation/ip.go IsValidIPForLegacyField
/// Whether a field that is older than the strict rules holds an IP address: any spelling without leading zeros that
/// is no IPv4-mapped IPv6 address, or what stood there before (`old`).
pub fn is_valid_ip_for_legacy_field(path: &Path<'_>, value: &str, old: &[String]) -> Result<(), FieldError> {
    if old.iter().any(|old| old == value) {
        return Ok(());
    }
    parse_ip(path, value).map(|_| ())
}

// Models pkg/util/validation/ip.go IsValidIP
/// Whether `value` is an IP address in its canonical form.
pub fn is_valid_ip(path: &Path<'_>, value: &str) -> Result<(), FieldError> {
    let canonical = parse_ip(path, value)?.to_string();
    if value == canonical {
        return Ok(());
    }
    Err(FieldError::invalid(path, value, format!("must be in canonical form ({})", quote(&canonical))))
}

// Models pkg/util/validation/ip.go parseCIDR
fn parse_cidr(path: &Path<'_>, value: &str) -> Result<IpNet, FieldError> {
    let Some((_, network)) = parse_cidr_sloppy(value) else {
        let words = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)";
        return Err(FieldError::invalid(path, value, words));
    };
    let words = match parse_prefix_strict(value) {
        None => "must not have leading 0s in IP or prefix length",
        Some(IpNet::V6(prefix)) if prefix.addr().to_ipv4_mapped().is_some() => {
            "must not have an IPv4-mapped IPv6 address"
        }
        Some(prefix) if prefix.addr() != prefix.trunc().addr() => {
            "must not have bits set beyond the prefix length"
        }
        Some(_) => return Ok(network),
    };
    Err(FieldError::invalid(path, value, words))
}

/// A prefix as Go's `netip.ParsePrefix` reads it: no leading zeros anywhere.
fn parse_prefix_strict(value: &str) -> Option<IpNet> {
    let (address, length) = value.rsplit_once('/')?;
    if length.len() > 1 && length.starts_with('0') {
        return None;
    }
    IpNet::new(address.parse().ok()?, length.parse().ok()?).ok()
}

// Models pkg/util/validation/ip.go IsValidCIDRForLegacyField
/// Whether a field that is older than the strict rules holds a CIDR, or what stood there before (`old`).
pub fn is_valid_cidr_for_legacy_field(
    path: &Path<'_>,
    value: &str,
    old: &[String],
) -> Result<(), FieldError> {
    if old.iter().any(|old| old == value) {
        return Ok(());
    }
    parse_cidr(path, value).map(|_| ())
}

// Models pkg/util/validation/ip.go IsValidCIDR
/// Whether `value` is a CIDR in its canonical form.
pub fn is_valid_cidr(path: &Path<'_>, value: &str) -> Result<(), FieldError> {
    let canonical = parse_cidr(path, value)?.to_string();
    if value == canonical {
        return Ok(());
    }
    Err(FieldError::invalid(path, value, format!("must be in canonical form ({})", quote(&canonical))))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATH: Path<'static> = Path::new("ip");

    fn check_sloppy(text: &str, expected: Option<&str>) {
        assert_eq!(parse_ip_sloppy(text).map(|ip| ip.to_string()).as_deref(), expected, "{text}");
    }

    fn check(result: Result<(), FieldError>, expected: &str) {
        assert_eq!(result.map_or_else(|error| error.detail, |()| String::new()), expected);
    }

    #[test]
    fn leading_zeros_are_decimal() {
        check_sloppy("010.001.002.0003", Some("10.1.2.3"));
        check_sloppy("0000fe80::00001", Some("fe80::1"));
        check_sloppy("::ffff:010.1.2.3", Some("10.1.2.3"));
    }

    #[test]
    fn addresses_are_printed_in_canonical_form() {
        check_sloppy("FE80:0:0:0:0:0:0:0abc", Some("fe80::abc"));
        check_sloppy("1:2:3:4:5:6:7::", Some("1:2:3:4:5:6:7:0"));
        check_sloppy("1:0:0:4:0:0:0:8", Some("1:0:0:4::8"));
        check_sloppy("::", Some("::"));
        check_sloppy("::1.2.3.4", Some("::102:304"));
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for text in [
            "",
            "1",
            "1.2.3",
            "1.2.3.4.5",
            "256.1.1.1",
            "1.2.3.4 ",
            " 1.2.3.4",
            "1..2.3",
            ":1",
            "1:",
            ":::",
            "1::2::3",
            "1:2:3:4:5:6:7:8:9",
            "1:2:3:4:5:6:7::8",
            "fe80::1%eth0",
            "g::",
            "1.2.3.4::",
            "12345::",
            "1:2:3.4.5.6",
        ] {
            check_sloppy(text, None);
        }
    }

    #[test]
    fn new_fields_take_the_canonical_form_only() {
        check(is_valid_ip(&PATH, "10.1.2.3"), "");
        check(is_valid_ip(&PATH, "FE80::1"), "must be in canonical form (\"fe80::1\")");
        check(is_valid_ip(&PATH, "010.1.2.3"), "must not have leading 0s");
        check(is_valid_ip(&PATH, "::ffff:1.2.3.4"), "must not be an IPv4-mapped IPv6 address");
        check(is_valid_ip(&PATH, "x"), "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)");
        check(is_valid_cidr(&PATH, "FE80::/64"), "must be in canonical form (\"fe80::/64\")");
    }

    #[test]
    fn old_fields_keep_what_they_hold() {
        check(is_valid_ip_for_legacy_field(&PATH, "FE80::1", &[]), "");
        check(is_valid_ip_for_legacy_field(&PATH, "010.1.2.3", &[]), "must not have leading 0s");
        check(is_valid_ip_for_legacy_field(&PATH, "010.1.2.3", &["010.1.2.3".to_owned()]), "");
    }

    #[test]
    fn cidr_has_no_bits_beyond_its_prefix() {
        let legacy = |text| is_valid_cidr_for_legacy_field(&PATH, text, &[]);
        check(legacy("10.0.0.0/8"), "");
        check(legacy("10.0.0.1/8"), "must not have bits set beyond the prefix length");
        check(legacy("10.0.0.0/08"), "must not have leading 0s in IP or prefix length");
        check(legacy("::ffff:10.0.0.0/104"), "must not have an IPv4-mapped IPv6 address");
        for bad in ["10.0.0.0", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/-1", "::/129", "10.0.0.0/8/8"] {
            check(legacy(bad), "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)");
        }
    }
}
