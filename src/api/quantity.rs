//! Quantities of resources: `250m`, `1.5`, `64Mi`.

// Models k8s.io/apimachinery/pkg/api/resource/quantity.go ParseQuantity
/// A quantity in billionths, rounded up, the finest that Kubernetes keeps. `None` when it is none.
pub fn nano(text: &str) -> Option<i128> {
    const DECIMAL: [(&str, i32); 10] = [
        ("n", 0),
        ("u", 3),
        ("m", 6),
        ("", 9),
        ("k", 12),
        ("M", 15),
        ("G", 18),
        ("T", 21),
        ("P", 24),
        ("E", 27),
    ];
    const BINARY: [&str; 6] = ["Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
    let (negative, rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
    let (number, suffix) = rest.split_at_checked(end)?;
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if fraction.contains('.') || (whole.is_empty() && fraction.is_empty()) {
        return None;
    }
    let digits: i128 = format!("0{whole}{fraction}").parse().ok()?;
    let places = u32::try_from(fraction.len()).ok()?;
    let scaled = if let Some(power) = BINARY.iter().position(|known| *known == suffix) {
        let factor = 1024i128.checked_pow(u32::try_from(power).ok()? + 1)?.checked_mul(10i128.pow(9))?;
        (digits.checked_mul(factor)?, places)
    } else {
        let exponent = match DECIMAL.iter().find(|(known, _)| *known == suffix) {
            Some((_, exponent)) => *exponent,
            None => suffix.strip_prefix(['e', 'E'])?.parse::<i32>().ok()?.checked_add(9)?,
        };
        if exponent >= 0 {
            (digits.checked_mul(10i128.checked_pow(exponent.unsigned_abs())?)?, places)
        } else {
            (digits, places.checked_add(exponent.unsigned_abs())?)
        }
    };
    let divisor = 10i128.checked_pow(scaled.1)?;
    let rounded_up = scaled.0.checked_add(divisor - 1)?.div_euclid(divisor);
    Some(if negative { -rounded_up } else { rounded_up })
}
