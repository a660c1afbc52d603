//! Maglev hashing, the scheduler `mh` of IPVS.

use std::net::{IpAddr, SocketAddr};

use super::schedule::folded;

/// The size of the table, a prime.
// Models net/netfilter/ipvs/ip_vs_mh.c with CONFIG_IP_VS_MH_TAB_INDEX=12
const SIZE: u32 = 4093;
const KEY_1: u64 = 2_654_435_761;
const KEY_2: u64 = 2_654_446_892;

/// The index of the server that a source is sent to. kube-proxy sets `mh-port`, so the port counts: each connection of
/// a client may go elsewhere.
pub(super) fn pick(servers: &[(IpAddr, u16)], source: SocketAddr) -> Option<usize> {
    let table = table(servers);
    let hash = hash(folded(source.ip()), source.port(), KEY_1) % SIZE;
    table.get(hash as usize).copied().flatten()
}

/// Each server takes the next free place of its own permutation in turn, until all places are taken.
// Models net/netfilter/ipvs/ip_vs_mh.c ip_vs_mh_populate
fn table(servers: &[(IpAddr, u16)]) -> Vec<Option<usize>> {
    let mut table = vec![None; SIZE as usize];
    let mut states: Vec<(u32, u32)> = servers
        .iter()
        .map(|(ip, port)| {
            let address = folded(*ip);
            (hash(address, *port, KEY_1) % SIZE, hash(address, *port, KEY_2) % (SIZE - 1) + 1)
        })
        .collect();
    let mut filled = 0;
    while filled < SIZE && !states.is_empty() {
        for (index, (place, skip)) in states.iter_mut().enumerate() {
            if filled == SIZE {
                break;
            }
            // SIZE is a prime, so the permutation comes to every place.
            while table.get(*place as usize).is_some_and(Option::is_some) {
                *place = (*place + *skip) % SIZE;
            }
            if let Some(free) = table.get_mut(*place as usize) {
                *free = Some(index);
            }
            filled += 1;
        }
    }
    table
}

/// SipHash-1-3 of the sum of address and port, cut to 32 bits.
// Models lib/siphash.c hsiphash_1u32 on a 64-bit machine
fn hash(address: u32, port: u16, key: u64) -> u32 {
    let value = address.wrapping_add(u32::from(port));
    let mut v = [
        0x736f_6d65_7073_6575 ^ key,
        0x646f_7261_6e64_6f6d ^ key,
        0x6c79_6765_6e65_7261 ^ key,
        0x7465_6462_7974_6573 ^ key,
    ];
    let block = 4 << 56 | u64::from(value);
    v[3] ^= block;
    round(&mut v);
    v[0] ^= block;
    v[2] ^= 0xff;
    for _ in 0..3 {
        round(&mut v);
    }
    // The kernel keeps the low half.
    (v[0] ^ v[1] ^ v[2] ^ v[3]) as u32
}

fn round(v: &mut [u64; 4]) {
    v[0] = v[0].wrapping_add(v[1]);
    v[1] = v[1].rotate_left(13) ^ v[0];
    v[0] = v[0].rotate_left(32);
    v[2] = v[2].wrapping_add(v[3]);
    v[3] = v[3].rotate_left(16) ^ v[2];
    v[0] = v[0].wrapping_add(v[3]);
    v[3] = v[3].rotate_left(21) ^ v[0];
    v[2] = v[2].wrapping_add(v[1]);
    v[1] = v[1].rotate_left(17) ^ v[2];
    v[2] = v[2].rotate_left(32);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_server_gets_an_even_share_of_the_table() {
        let servers: Vec<(IpAddr, u16)> =
            (1..=3).map(|last| (IpAddr::from([10, 244, last, 7]), 8080)).collect();
        let table = table(&servers);
        for index in 0..3 {
            let share = table.iter().filter(|server| **server == Some(index)).count();
            assert!((1364..=1365).contains(&share), "server {index} has {share} of 4093 places");
        }
    }
}
