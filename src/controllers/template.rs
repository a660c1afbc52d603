//! Pod templates: their hash, and whether two are the same.

use k8s_openapi::api::core::v1::PodTemplateSpec;

use crate::api::encode::encode;

/// The label that tells the ReplicaSets of a Deployment, and their Pods, apart.
pub const POD_TEMPLATE_HASH: &str = "pod-template-hash";

/// The characters of encoded hashes. Source: `k8s.io/apimachinery/pkg/util/rand` SafeEncodeString.
const ALPHABET: &[u8; 27] = b"bcdfghjklmnpqrstvwxz2456789";

// Models pkg/controller/controller_utils.go ComputeHash
/// A short name for the template: FNV-1a of 32 bits over its JSON (keys in the order of the API types, without the
/// hash label), then over the collision count, in decimal digits that are encoded one by one. The real cluster
/// hashes Go's own dump of the template, so the name differs from the real one's; its form is the same.
pub fn hash(template: &PodTemplateSpec, collision_count: Option<i32>) -> String {
    let canonical = encode(&without_hash(template)).to_string();
    let count = collision_count.map(|count| i64::from(count).to_le_bytes());
    let bytes = canonical.as_bytes().iter().chain(count.iter().flatten());
    let hash = bytes.fold(0x811C_9DC5_u32, |hash, byte| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193));
    let encode = |digit: u8| char::from(ALPHABET[usize::from(digit) % ALPHABET.len()]);
    hash.to_string().bytes().map(encode).collect()
}

// Models pkg/controller/deployment/util/deployment_util.go EqualIgnoreHash
/// Whether the templates are the same apart from the hash label.
pub fn equal_ignoring_hash(a: &PodTemplateSpec, b: &PodTemplateSpec) -> bool {
    a == b || without_hash(a) == without_hash(b)
}

/// The template without the hash label; absent and empty metadata are the same.
fn without_hash(template: &PodTemplateSpec) -> PodTemplateSpec {
    let mut template = template.clone();
    let metadata = template.metadata.get_or_insert_default();
    if let Some(labels) = &mut metadata.labels {
        labels.remove(POD_TEMPLATE_HASH);
        if labels.is_empty() {
            metadata.labels = None;
        }
    }
    metadata.annotations.take_if(|annotations| annotations.is_empty());
    metadata.creation_timestamp = None;
    template
}
