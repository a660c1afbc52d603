//! The one source of chance: a small seeded generator, the same on every machine.

/// SplitMix64. Everything that a real cluster leaves to chance (names, addresses, the endpoint that a rule picks)
/// is drawn from one of these, so a recording replays to the same bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Random(u64);

/// The characters of generated names: no vowels and nothing that looks like another character.
/// Source: `k8s.io/apimachinery/pkg/util/rand`.
const NAME_ALPHABET: &[u8; 27] = b"bcdfghjklmnpqrstvwxz2456789";

impl Random {
    /// A generator that gives the same numbers for the same seed.
    pub fn new(seed: u64) -> Random {
        Random(seed)
    }

    /// The next number, evenly among all.
    pub fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below `bound`, evenly; 0 when `bound` is 0. The bias is below 2^-32 for any bound that occurs here.
    pub fn below(&mut self, bound: u64) -> u64 {
        let wide = u128::from(self.next_u64()) * u128::from(bound);
        // The high half of a 64 x 64 bit product is below `bound`, so it fits.
        (wide >> 64) as u64
    }

    /// `length` characters as the API server appends them to `generateName`.
    pub fn name_suffix(&mut self, length: u32) -> String {
        (0..length).map(|_| char::from(NAME_ALPHABET[self.below(27) as usize])).collect()
    }

    /// A random (version 4) UUID, as in `metadata.uid`.
    pub fn uid(&mut self) -> String {
        let bits = (u128::from(self.next_u64()) << 64) | u128::from(self.next_u64());
        let bits = bits & !(0xF << 76) & !(0x3 << 62) | (0x4 << 76) | (0x2 << 62);
        format!(
            "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
            bits >> 96,
            bits >> 80 & 0xFFFF,
            bits >> 64 & 0xFFFF,
            bits >> 48 & 0xFFFF,
            bits & 0xFFFF_FFFF_FFFF
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn same_seed_gives_the_same_numbers() {
        let (mut a, mut b) = (Random::new(7), Random::new(7));
        assert!((0..100).all(|_| a.next_u64() == b.next_u64()));
    }

    #[test]
    fn below_stays_below_and_reaches_both_ends() {
        let mut random = Random::new(1);
        let drawn: Vec<u64> = (0..200).map(|_| random.below(3)).collect();
        assert!(drawn.iter().all(|n| *n < 3) && drawn.contains(&0) && drawn.contains(&2));
        assert_eq!(random.below(0), 0);
    }

    #[test]
    fn uid_is_a_version_4_uuid() {
        let uid = Random::new(1).uid();
        let parts: Vec<&str> = uid.split('-').collect();
        assert_eq!(parts.iter().map(|part| part.len()).collect::<Vec<_>>(), [8, 4, 4, 4, 12]);
        assert!(parts[2].starts_with('4') && parts[3].starts_with(['8', '9', 'a', 'b']));
    }
}
