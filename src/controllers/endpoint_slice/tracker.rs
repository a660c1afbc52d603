//! What the controller expects of the slices that it wrote, so that it knows its own writes from those of others.

use imbl::OrdMap;
use k8s_openapi::api::discovery::v1::EndpointSlice;

use super::slice::SERVICE_NAME_LABEL;

/// Namespace and name of a Service.
type ServiceName = (String, String);

// Models k8s.io/endpointslice/util/endpointslice_tracker.go EndpointSliceTracker
/// The generation of each slice at the controller's last write, per Service. Clones share everything.
#[derive(Clone, Debug, Default)]
pub struct SliceTracker {
    services: OrdMap<ServiceName, OrdMap<String, Expected>>,
}

/// What a slice is expected to be like, by its uid.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Expected {
    Generation(i64),
    Deleted,
}

impl SliceTracker {
    /// Remembers a slice as it is after a write.
    pub fn update(&mut self, slice: &EndpointSlice) {
        self.expect(slice, Expected::Generation(slice.metadata.generation.unwrap_or_default()));
    }

    /// Remembers that the controller has deleted the slice.
    pub fn expect_deletion(&mut self, slice: &EndpointSlice) {
        self.expect(slice, Expected::Deleted);
    }

    fn expect(&mut self, slice: &EndpointSlice, expected: Expected) {
        self.services.entry(service_of(slice)).or_default().insert(uid_of(slice), expected);
    }

    fn get(&self, slice: &EndpointSlice) -> Option<Expected> {
        self.services.get(&service_of(slice))?.get(&uid_of(slice)).copied()
    }

    /// Whether a slice that came or changed needs a look: it is not known, or newer than the controller's last write.
    pub fn should_sync(&self, slice: &EndpointSlice) -> bool {
        match self.get(slice) {
            None | Some(Expected::Deleted) => true,
            Some(Expected::Generation(known)) => slice.metadata.generation.unwrap_or_default() > known,
        }
    }

    /// Takes note that a slice is gone. Whether the Service needs a look: the slice was known, and it was somebody else who
    /// deleted it.
    pub fn handle_deletion(&mut self, slice: &EndpointSlice) -> bool {
        let expected = self.get(slice);
        if let Some(known) = self.services.get_mut(&service_of(slice)) {
            known.remove(&uid_of(slice));
        }
        matches!(expected, Some(Expected::Generation(_)))
    }

    /// Forgets a Service that is gone.
    pub fn delete_service(&mut self, namespace: &str, name: &str) {
        self.services.remove(&(namespace.to_owned(), name.to_owned()));
    }

    /// Whether the controller's view of a Service's slices lags behind its own writes: a slice is older than written, one that it
    /// deleted is still there, or one that it wrote is missing.
    pub fn is_stale<'a>(
        &self,
        namespace: &str,
        name: &str,
        slices: impl IntoIterator<Item = &'a EndpointSlice>,
    ) -> bool {
        let Some(known) = self.services.get(&(namespace.to_owned(), name.to_owned())) else { return false };
        let mut missing = known.clone();
        for slice in slices {
            match missing.remove(&uid_of(slice)) {
                Some(Expected::Deleted) => return true,
                Some(Expected::Generation(written))
                    if written > slice.metadata.generation.unwrap_or_default() =>
                {
                    return true;
                }
                _ => {}
            }
        }
        missing.values().any(|expected| matches!(expected, Expected::Generation(_)))
    }
}

fn service_of(slice: &EndpointSlice) -> ServiceName {
    let service = slice.metadata.labels.as_ref().and_then(|labels| labels.get(SERVICE_NAME_LABEL)).cloned();
    (slice.metadata.namespace.clone().unwrap_or_default(), service.unwrap_or_default())
}

fn uid_of(slice: &EndpointSlice) -> String {
    slice.metadata.uid.clone().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn slice(uid: &str, generation: i64) -> EndpointSlice {
        serde_json::from_value(json!({"metadata": {"name": uid, "namespace": "shop", "uid": uid,
            "generation": generation, "labels": {SERVICE_NAME_LABEL: "web"}}, "addressType": "IPv4", "endpoints": []}))
        .unwrap()
    }

    #[test]
    fn only_writes_of_others_need_a_look() {
        let mut tracker = SliceTracker::default();
        assert!(tracker.should_sync(&slice("a", 1)));
        tracker.update(&slice("a", 1));
        assert!(!tracker.should_sync(&slice("a", 1)));
        assert!(tracker.should_sync(&slice("a", 2)));
        assert!(tracker.handle_deletion(&slice("a", 2)));
        assert!(!tracker.handle_deletion(&slice("a", 2)));
        tracker.expect_deletion(&slice("b", 1));
        assert!(!tracker.handle_deletion(&slice("b", 1)));
    }

    #[test]
    fn view_that_lags_behind_is_stale() {
        let mut tracker = SliceTracker::default();
        tracker.update(&slice("a", 2));
        assert!(tracker.is_stale("shop", "web", []));
        assert!(tracker.is_stale("shop", "web", [&slice("a", 1)]));
        assert!(!tracker.is_stale("shop", "web", [&slice("a", 2), &slice("b", 1)]));
        tracker.expect_deletion(&slice("a", 2));
        assert!(tracker.is_stale("shop", "web", [&slice("a", 2)]));
        assert!(!tracker.is_stale("shop", "web", []));
    }
}
