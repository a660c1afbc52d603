//! A recording as text for the fragment of an address: `v1.` and base64url of deflated JSON.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use miniz_oxide::deflate::compress_to_vec;
use miniz_oxide::inflate::decompress_to_vec_with_limit;

use super::recording::{Recording, VERSION};

/// The largest recording that a link may hold, in bytes of JSON. A link is text from a stranger: without a bound a
/// short one could fill the memory.
const LIMIT: usize = 16 * 1024 * 1024;

/// miniz's level of effort, 0 to 10.
const EFFORT: u8 = 8;

/// Why a link can not be opened.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum BrokenLink {
    /// It does not begin with `v1.`.
    UnknownVersion,
    /// It was cut or changed on the way.
    Damaged,
    /// It holds more than [`LIMIT`].
    TooLarge,
}

impl fmt::Display for BrokenLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            BrokenLink::UnknownVersion => {
                "This link is of a kind that this page does not know. It should begin with #v1. \
                 The board is empty; ask for the link again, or reload the page for its newest version."
            }
            BrokenLink::Damaged => {
                "This link is damaged: part of it is missing or was changed on the way. \
                 The board is empty; copy the whole link again."
            }
            BrokenLink::TooLarge => {
                "This link holds more than 16 MB, which is more than a board can be. The board is empty."
            }
        })
    }
}

/// The text for the fragment, without `#`.
pub fn encode(recording: &Recording) -> String {
    // A recording holds nothing that JSON can not say.
    let json = serde_json::to_vec(recording).unwrap_or_default();
    format!("v{VERSION}.{}", URL_SAFE_NO_PAD.encode(compress_to_vec(&json, EFFORT)))
}

/// Reads a fragment, with or without `#`.
pub fn decode(fragment: &str) -> Result<Recording, BrokenLink> {
    let fragment = fragment.strip_prefix('#').unwrap_or(fragment);
    let data = fragment.strip_prefix("v1.").ok_or(BrokenLink::UnknownVersion)?;
    let deflated = URL_SAFE_NO_PAD.decode(data.trim_end_matches('=')).map_err(|_| BrokenLink::Damaged)?;
    let json = decompress_to_vec_with_limit(&deflated, LIMIT).map_err(|error| match error.status {
        miniz_oxide::inflate::TINFLStatus::HasMoreOutput => BrokenLink::TooLarge,
        _ => BrokenLink::Damaged,
    })?;
    let mut recording: Recording = serde_json::from_slice(&json).map_err(|_| BrokenLink::Damaged)?;
    // Moments that decrease would let time run backwards.
    let mut latest = crate::api::Time::ZERO;
    for entry in &mut recording.entries {
        latest = latest.max(entry.at);
        entry.at = latest;
    }
    recording.now = recording.now.max(latest);
    Ok(recording)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_opens_to_the_recording_it_was_made_from() {
        let recording = Recording::new(7);
        assert_eq!(decode(&encode(&recording)), Ok(recording.clone()));
        assert_eq!(decode(&format!("#{}", encode(&recording))), Ok(recording));
    }

    #[test]
    fn a_broken_link_says_how_it_is_broken() {
        let link = encode(&Recording::new(7));
        assert_eq!(decode("v9.abc"), Err(BrokenLink::UnknownVersion));
        assert_eq!(decode(""), Err(BrokenLink::UnknownVersion));
        assert_eq!(decode(&link[..link.len() / 2]), Err(BrokenLink::Damaged));
        assert_eq!(decode("v1.%%%"), Err(BrokenLink::Damaged));
    }

    #[test]
    fn a_link_that_inflates_beyond_the_bound_is_refused() {
        let bomb = compress_to_vec(&vec![b' '; LIMIT + 1], EFFORT);
        assert_eq!(decode(&format!("v1.{}", URL_SAFE_NO_PAD.encode(bomb))), Err(BrokenLink::TooLarge));
    }
}
