//! Labels and selectors as they are typed on a card: `key=value`.

use std::collections::BTreeMap;

use crate::api::patch::Edit;
use crate::api::{Kind, Path};
use crate::cluster::Cluster;

/// The changes that turn the pair `name=value` of the map at `path` into what was typed; an empty text removes it, and a
/// text without `=` is another value. An empty `name` adds a pair. `None` for no change.
pub fn pair_edits(path: &Path, name: &str, value: &str, typed: &str) -> Option<Vec<Edit>> {
    let typed = typed.trim();
    let (new_name, new_value) = match typed.split_once('=') {
        Some((new_name, new_value)) => (new_name.trim(), new_value.trim()),
        None if name.is_empty() => (typed, ""),
        None => (name, typed),
    };
    if (new_name, new_value) == (name, value) {
        return None;
    }
    if typed.is_empty() || new_name.is_empty() {
        return (!name.is_empty()).then(|| vec![Edit::remove(path.field(name))]);
    }
    // The new pair is set before the old one goes, so that the map is never empty in between.
    let mut edits = vec![Edit::set(path.field(new_name), new_value)];
    if new_name != name && !name.is_empty() {
        edits.push(Edit::remove(path.field(name)));
    }
    Some(edits)
}

/// What the typed text may become: pairs `key=value` that Pods, templates and selectors of the namespace have, those in
/// most use first. At most `most`, and nothing that is typed in full already.
pub fn completions(cluster: &Cluster, namespace: &str, typed: &str, most: usize) -> Vec<String> {
    let typed = typed.trim();
    let mut used: BTreeMap<String, u32> = BTreeMap::new();
    let mut count = |labels: Option<&BTreeMap<String, String>>| {
        for (key, value) in labels.into_iter().flatten() {
            let pair = format!("{key}={value}");
            if pair.starts_with(typed) && pair != typed {
                *used.entry(pair).or_default() += 1;
            }
        }
    };
    let store = cluster.store();
    for kind in [Kind::Pod, Kind::Deployment, Kind::StatefulSet, Kind::DaemonSet] {
        for object in store.objects_of(kind).filter(|object| &*object.key.namespace == namespace) {
            count(object.labels());
        }
    }
    for service in store.list_in::<k8s_openapi::api::core::v1::Service>(namespace) {
        count(service.spec.as_ref().and_then(|spec| spec.selector.as_ref()));
    }
    let mut found: Vec<(String, u32)> = used.into_iter().collect();
    found.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    found.into_iter().take(most).map(|(pair, _)| pair).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::{Session, scenarios};

    /// `expected` is each edit as `key=value`, or `-key` where it goes.
    fn check(name: &str, value: &str, typed: &str, expected: &str) {
        let path = Path::parse("metadata.labels").expect("it is a path");
        let shown = |edit: &Edit| {
            let key = edit.path.to_string().replace("metadata.labels.", "");
            match &edit.value {
                Some(value) => format!("{key}={}", value.as_str().unwrap_or_default()),
                None => format!("-{key}"),
            }
        };
        let edits = pair_edits(&path, name, value, typed).unwrap_or_default();
        assert_eq!(edits.iter().map(shown).collect::<Vec<_>>().join(" "), expected, "{typed}");
    }

    #[test]
    fn a_typed_pair_is_as_few_edits_as_can_be() {
        check("app", "web", "app=web", "");
        check("app", "web", " app = wbe ", "app=wbe");
        check("app", "web", "wbe", "app=wbe");
        check("app", "web", "name=web", "name=web -app");
        check("app", "web", "", "-app");
        check("app", "web", "=x", "-app");
        check("app", "web", "app=", "app=");
        check("", "", "app=web", "app=web");
        check("", "", "app", "app=");
        check("", "", "", "");
    }

    #[test]
    fn labels_in_use_complete_what_is_typed() {
        let scenario = scenarios::find("first").expect("it is listed");
        let session = Session::open(scenario.recording(1));
        let all = completions(session.cluster(), "default", "", 20);
        assert_eq!(all.first().map(String::as_str), Some("app=web"), "{all:?}");
        assert!(completions(session.cluster(), "default", "app=w", 20).contains(&"app=web".to_owned()));
        assert!(!completions(session.cluster(), "default", "app=web", 20).contains(&"app=web".to_owned()));
        assert_eq!(completions(session.cluster(), "default", "zzz", 20), Vec::<String>::new());
        assert_eq!(completions(session.cluster(), "elsewhere", "", 20), Vec::<String>::new());
    }
}
