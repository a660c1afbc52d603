//! One number for everything that a sitting came to: two machines that played the same recording compare it.

use serde::Serialize;

use super::Session;

/// FNV-1a, 64 bits, over bytes as they are written.
struct Fnv(u64);

impl Fnv {
    fn add(&mut self, value: &impl Serialize) {
        // These values can not fail to be written.
        for byte in serde_json::to_vec(value).unwrap_or_default() {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3);
        }
    }
}

impl Session {
    /// A digest of every object, request, open connection, setting, line of the log and hand-placed card, as JSON bytes.
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
        for open in cluster.connections().values() {
            hash.add(&(open.number, open.opened_at, open.last_used, open.requests, &open.closed));
            hash.add(&open.connection.addresses());
        }
        hash.add(cluster.settings());
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
