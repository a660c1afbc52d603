//! What an unquoted word of YAML means to kubectl: YAML 1.1, as go.yaml.in/yaml/v2 has it below sigs.k8s.io/yaml.

use serde_json::{Number, Value};

/// What a scalar means.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Scalar {
    /// `null`, `~` or nothing at all.
    Null,
    /// `true`, `yes`, `on` and so on.
    Bool(bool),
    /// A whole number below 2^63.
    Int(i64),
    /// A whole number from 2^63 on.
    Uint(u64),
    /// A number with a fraction or an exponent, or too big for 64 bits.
    Float(f64),
    /// Text.
    Text,
}

impl Scalar {
    // Models go.yaml.in/yaml/v2 resolve.go resolve
    /// What an unquoted text means. The order: words (null, booleans, infinities), then whole numbers (decimal, `0x`,
    /// `0b`, `0o`, and octal after a bare `0`; `_` is left out), then numbers with a fraction or exponent, else text.
    /// Dates are text: kubectl turns them into JSON strings.
    pub fn of(text: &str) -> Scalar {
        match text {
            "" | "~" | "null" | "Null" | "NULL" => return Scalar::Null,
            "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => {
                return Scalar::Bool(true);
            }
            "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
                return Scalar::Bool(false);
            }
            ".nan" | ".NaN" | ".NAN" => return Scalar::Float(f64::NAN),
            ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => return Scalar::Float(f64::INFINITY),
            "-.inf" | "-.Inf" | "-.INF" => return Scalar::Float(f64::NEG_INFINITY),
            _ => {}
        }
        match text.as_bytes().first() {
            Some(b'.') => float(text).map_or(Scalar::Text, Scalar::Float),
            Some(b'+' | b'-' | b'0'..=b'9') => number(&text.replace('_', "")),
            _ => Scalar::Text,
        }
    }

    /// The JSON value that kubectl makes of it; `None` for infinities and for what is no number, which JSON has not.
    pub fn to_value(self, text: &str) -> Option<Value> {
        Some(match self {
            Scalar::Null => Value::Null,
            Scalar::Bool(value) => Value::Bool(value),
            Scalar::Int(value) => Value::from(value),
            Scalar::Uint(value) => Value::from(value),
            Scalar::Float(value) => Value::Number(json_number(value)?),
            Scalar::Text => Value::from(text),
        })
    }

    // Models sigs.k8s.io/yaml convertToJSONableObject
    /// The text of a map key; `None` for null, which no key can be.
    pub fn to_key(self, text: &str) -> Option<String> {
        Some(match self {
            Scalar::Null => return None,
            Scalar::Bool(value) => value.to_string(),
            Scalar::Int(value) => value.to_string(),
            Scalar::Uint(value) => value.to_string(),
            Scalar::Float(value) => float_key(value),
            Scalar::Text => text.to_owned(),
        })
    }
}

/// A text that starts with a sign or a digit.
fn number(plain: &str) -> Scalar {
    let (negative, digits) = match plain.as_bytes().first() {
        Some(b'-') => (true, plain.get(1..).unwrap_or("")),
        Some(b'+') => (false, plain.get(1..).unwrap_or("")),
        _ => (false, plain),
    };
    let lower = digits.get(..2).map(str::to_ascii_lowercase);
    let (radix, digits) = match lower.as_deref() {
        Some("0x") => (16, digits.get(2..).unwrap_or("")),
        Some("0b") => (2, digits.get(2..).unwrap_or("")),
        Some("0o") => (8, digits.get(2..).unwrap_or("")),
        Some(_) if digits.starts_with('0') => (8, digits.get(1..).unwrap_or("")),
        _ => (10, digits),
    };
    // A second sign is text; Rust's own parsing would take one.
    let magnitude =
        if digits.starts_with(['+', '-']) { None } else { u64::from_str_radix(digits, radix).ok() };
    match magnitude {
        Some(magnitude) if negative => {
            // Below the smallest i64 only the reading as a fraction is left.
            if let Ok(value) = i64::try_from(-i128::from(magnitude)) {
                return Scalar::Int(value);
            }
        }
        Some(magnitude) => match i64::try_from(magnitude) {
            Ok(value) => return Scalar::Int(value),
            // With a plus sign, Go reads numbers of 64 bits only as a fraction.
            Err(_) if !plain.starts_with('+') => return Scalar::Uint(magnitude),
            Err(_) => {}
        },
        None => {}
    }
    float(plain).map_or(Scalar::Text, Scalar::Float)
}

/// A decimal number with an optional fraction and exponent, if the text is one and it is not too big.
fn float(text: &str) -> Option<f64> {
    if !is_decimal(text) {
        return None;
    }
    text.parse::<f64>().ok().filter(|value| value.is_finite())
}

/// Whether the text has the form of a decimal number with an optional fraction and exponent.
fn is_decimal(text: &str) -> bool {
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent.strip_prefix(['+', '-']).unwrap_or(exponent))),
        None => (unsigned, None),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    exponent.is_none_or(|exponent| !exponent.is_empty() && digits(exponent))
        && !(whole.is_empty() && fraction.is_empty())
        && digits(whole)
        && digits(fraction)
}

/// The number as Go's json.Marshal writes it: `80.0` is `80`. `None` for infinities and NaN.
pub fn json_number(value: f64) -> Option<Number> {
    // Exact: both bounds are powers of two, and the value has no fraction.
    if value.fract() == 0.0 && value.abs() < 9_223_372_036_854_775_808.0 {
        return Some(Number::from(value as i64));
    }
    if value.fract() == 0.0 && (0.0..18_446_744_073_709_551_616.0).contains(&value) {
        return Some(Number::from(value as u64));
    }
    Number::from_f64(value)
}

/// As Go's strconv.FormatFloat(value, 'g', -1, 32) writes it.
fn float_key(value: f64) -> String {
    let value = value as f32;
    if value.is_nan() {
        return ".nan".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { ".inf" } else { "-.inf" }.to_owned();
    }
    let scientific = format!("{value:e}");
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    match exponent.parse::<i32>() {
        Ok(exponent) if !(-4..21).contains(&exponent) => {
            let sign = if exponent < 0 { '-' } else { '+' };
            format!("{mantissa}e{sign}{:02}", exponent.abs())
        }
        _ => value.to_string(),
    }
}

/// Whether every reader of YAML, 1.1 or 1.2, takes the unquoted text for text.
pub fn is_text(text: &str) -> bool {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    // Too big for a number here, but of its form.
    let is_big = match unsigned.get(..2) {
        Some("0x") => unsigned.bytes().skip(2).all(|byte| byte.is_ascii_hexdigit()),
        Some("0o") => unsigned.bytes().skip(2).all(|byte| byte.is_ascii_digit()),
        _ => is_decimal(text),
    };
    Scalar::of(text) == Scalar::Text && !is_big && !is_date(text) && !is_base_60(text)
}

// Models go.yaml.in/yaml/v2 resolve.go parseTimestamp
/// Whether YAML 1.1 reads an unquoted text as a date. Some texts that are only nearly dates count too.
fn is_date(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() >= 8
        && bytes.iter().take(4).all(u8::is_ascii_digit)
        && bytes.get(4) == Some(&b'-')
        && bytes.get(5).is_some_and(u8::is_ascii_digit)
}

// Models go.yaml.in/yaml/v2 encode.go isBase60Float
/// Whether YAML 1.1 reads an unquoted text as a number to the base of 60: `12:30:45`.
fn is_base_60(text: &str) -> bool {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    unsigned.starts_with(|c: char| c.is_ascii_digit())
        && unsigned.contains(':')
        && unsigned.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'_' | b':' | b'.'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(text: &str, expected: Value) {
        assert_eq!(Scalar::of(text).to_value(text), Some(expected), "{text}");
    }

    #[test]
    fn words_are_as_in_yaml_1_1() {
        for text in ["y", "Yes", "ON", "true"] {
            check(text, json!(true));
        }
        for text in ["n", "No", "OFF", "False"] {
            check(text, json!(false));
        }
        for text in ["", "~", "null", "NULL"] {
            check(text, json!(null));
        }
        for text in ["nO", "yeS", "tRUE", "nil", "<<", "="] {
            check(text, json!(text));
        }
    }

    #[test]
    fn numbers_are_as_in_go() {
        check("80", json!(80));
        check("+80", json!(80));
        check("-80", json!(-80));
        check("0", json!(0));
        check("-0", json!(0));
        check("1_000", json!(1000));
        check("0x1F", json!(31));
        check("-0x1F", json!(-31));
        check("0b101", json!(5));
        check("0o17", json!(15));
        check("0777", json!(511));
        check("08", json!(8));
        check("1.50", json!(1.5));
        check("80.0", json!(80));
        check("1e3", json!(1000));
        check(".5", json!(0.5));
        check("5.", json!(5));
        check("18446744073709551615", json!(u64::MAX));
        check("-9223372036854775808", json!(i64::MIN));
        check("99999999999999999999999", json!(1e23));
    }

    #[test]
    fn other_texts_stay_text() {
        for text in [
            "1.2.3",
            "-",
            "+",
            "--1",
            "0x",
            "0xg",
            "1e",
            "e5",
            "1e400",
            ".",
            "..",
            "._5",
            "_1",
            "10.0.0.0/8",
            "10Gi",
            "2026-01-31",
            "12:30",
            "0x-1",
            "0-1",
            "0b",
            "é",
            "0é",
            "0xFFFFFFFFFFFFFFFFFF",
        ] {
            check(text, json!(text));
        }
    }

    #[test]
    fn json_has_no_infinity() {
        for text in [".inf", "-.Inf", ".nan"] {
            assert_eq!(Scalar::of(text).to_value(text), None);
        }
    }

    #[test]
    fn keys_become_text() {
        for (text, key) in [
            ("on", "true"),
            ("1", "1"),
            ("010", "8"),
            ("1.50", "1.5"),
            ("1e21", "1e+21"),
            ("a", "a"),
            (".inf", ".inf"),
        ] {
            assert_eq!(Scalar::of(text).to_key(text).as_deref(), Some(key));
        }
        assert_eq!(Scalar::of("~").to_key("~"), None);
    }
}
