//! One number for everything that a sitting came to: two machines that played the same recording compare it.

use serde::Serialize;

use super::Session;

/// FNV-1a, 64 bits, over bytes as they are written.
struct Fnv(u64);

impl std::io::Write for Fnv {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01B3);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Fnv {
    fn add(&mut self, value: &impl Serialize) {
        // Neither these values nor the hash can fail to be written.
        let _ = serde_json::to_writer(self, value);
    }
}

impl Session {
    /// A digest of every object, request, line of the log and hand-placed card, as JSON bytes.
    pub fn digest(&self) -> u64 {
        let mut hash = Fnv(0xCBF2_9CE4_8422_2325);
        let cluster = self.cluster();
        for object in cluster.store().objects() {
            hash.add(&object.key);
            hash.add(&object.revision);
            hash.add(&object.document.as_deref());
            hash.add(&object.live.to_value());
        }
        for request in cluster.requests() {
            hash.add(&**request);
        }
        for entry in cluster.events() {
            hash.add(&**entry);
        }
        for (card, at) in self.places() {
            hash.add(&(&**card, at));
        }
        hash.add(&self.now());
        hash.0
    }
}
