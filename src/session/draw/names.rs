//! Names that are free.

use crate::api::{Kind, ObjectKey};
use crate::cluster::Cluster;

/// `web` of `web-2`, what copies of `web-2` are named after.
pub fn base_name(name: &str) -> &str {
    match name.rsplit_once('-') {
        Some((base, number))
            if !base.is_empty() && !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()) =>
        {
            base
        }
        _ => name,
    }
}

/// `{base}-{first}`, or the next number that no object has.
pub fn free_name(cluster: &Cluster, kind: &Kind, namespace: &str, base: &str, first: u32) -> String {
    free_among(cluster, kind, namespace, base, first, &[])
}

/// The same with names that are about to be taken.
pub(super) fn free_among(
    cluster: &Cluster,
    kind: &Kind,
    namespace: &str,
    base: &str,
    first: u32,
    taken: &[ObjectKey],
) -> String {
    (first..)
        .map(|number| format!("{base}-{number}"))
        .find(|name| {
            let key = ObjectKey::new(kind.clone(), namespace, name.as_str());
            cluster.store().get(&key).is_none() && !taken.contains(&key)
        })
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_of_a_copy_are_named_after_the_first() {
        for (name, base) in
            [("web", "web"), ("web-2", "web"), ("web-a2", "web-a2"), ("-2", "-2"), ("web-", "web-")]
        {
            assert_eq!(base_name(name), base);
        }
    }

    #[test]
    fn a_free_name_is_one_that_nothing_has() {
        let cluster = Cluster::new(1);
        assert_eq!(free_name(&cluster, &Kind::Node, "", "node", 1), "node-4");
        let taken = [ObjectKey::node("node-4")];
        assert_eq!(free_among(&cluster, &Kind::Node, "", "node", 1, &taken), "node-5");
    }
}
