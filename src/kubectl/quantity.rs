//! What Pods ask for and may use, added up.

use std::collections::BTreeMap;
use std::fmt;

use super::doc::Doc;
use crate::api::quantity::nano;

/// A quantity of a resource. Kubernetes prints one that was not computed as it was written.
#[derive(Clone, Default)]
pub struct Quantity {
    /// In billionths.
    nano: i128,
    /// Whether it is printed with `Ki`, `Mi` and so on.
    is_binary: bool,
    /// As it was written; `None` for a sum.
    written: Option<String>,
}

impl Quantity {
    /// Reads a quantity; `None` when it is none.
    pub fn parse(text: &str) -> Option<Quantity> {
        let written = Some(text.to_owned());
        Some(Quantity { nano: nano(text)?, is_binary: text.ends_with('i'), written })
    }

    // Models k8s.io/component-helpers/resource addResourceList
    /// Adds a quantity to that of the same resource.
    pub fn add_to(list: &mut BTreeMap<String, Quantity>, resource: &str, quantity: Quantity) {
        match list.get_mut(resource) {
            Some(sum) => {
                if sum.nano == 0 {
                    sum.is_binary = quantity.is_binary;
                }
                sum.nano = sum.nano.saturating_add(quantity.nano);
                sum.written = None;
            }
            None => {
                list.insert(resource.to_owned(), quantity);
            }
        }
    }

    /// Thousandths or whole ones, rounded up.
    fn scaled(&self, is_milli: bool) -> i128 {
        let unit = if is_milli { 1_000_000 } else { 1_000_000_000 };
        self.nano.saturating_add(unit - 1).div_euclid(unit)
    }

    /// How many hundredths of `whole` this is, as kubectl computes them: in floating point, cut off. 0 of nothing.
    pub fn percent_of(&self, whole: &Quantity, is_milli: bool) -> i64 {
        match whole.scaled(is_milli) {
            0 => 0,
            whole => (self.scaled(is_milli) as f64 / whole as f64 * 100.0) as i64,
        }
    }
}

impl fmt::Display for Quantity {
    // Models quantity.go CanonicalizeBytes
    /// As it was written, or else in its shortest exact form.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const BINARY: [&str; 7] = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
        const DECIMAL: [&str; 10] = ["n", "u", "m", "", "k", "M", "G", "T", "P", "E"];
        if let Some(written) = &self.written {
            return f.write_str(written);
        }
        let one = 1_000_000_000;
        let is_binary = self.is_binary && self.nano % one == 0 && self.nano.abs() >= 1_024 * one;
        let (mut number, base, suffixes) =
            if is_binary { (self.nano / one, 1_024, &BINARY[..]) } else { (self.nano, 1_000, &DECIMAL[..]) };
        if number == 0 {
            return f.write_str("0");
        }
        let mut suffixes = suffixes.iter();
        let mut suffix = suffixes.next();
        while number % base == 0
            && let Some(next) = suffixes.next()
        {
            number /= base;
            suffix = Some(next);
        }
        write!(f, "{number}{}", suffix.unwrap_or(&""))
    }
}

// Models k8s.io/component-helpers/resource PodRequests, PodLimits
/// What a Pod asks for (`requests`) or may use (`limits`): its containers and sidecars together, or one of its init
/// containers if that takes more; what the Pod itself says instead; and the overhead.
pub fn pod_resources(pod: Doc<'_>, of: &str) -> BTreeMap<String, Quantity> {
    let field = ["resources.", of].concat();
    let mut all = BTreeMap::new();
    let add = |all: &mut BTreeMap<String, Quantity>, of: Doc<'_>, field: &str| {
        for (resource, quantity) in of.entries(field) {
            if let Some(quantity) = Quantity::parse(&quantity.own()) {
                Quantity::add_to(all, resource, quantity);
            }
        }
    };
    for container in pod.items("spec.containers") {
        add(&mut all, container, &field);
    }
    let (mut sidecars, mut most) = (BTreeMap::new(), BTreeMap::<String, Quantity>::new());
    for container in pod.items("spec.initContainers") {
        let mut with_sidecars = sidecars.clone();
        add(&mut with_sidecars, container, &field);
        if container.text("restartPolicy") == "Always" {
            add(&mut all, container, &field);
            sidecars = with_sidecars.clone();
        }
        raise(&mut most, with_sidecars);
    }
    raise(&mut all, most);
    // What the Pod says as a whole takes the place of what its containers say.
    for (resource, quantity) in pod.at("spec.resources").entries(of) {
        if let Some(quantity) = Quantity::parse(&quantity.own()) {
            all.insert(resource.to_owned(), quantity);
        }
    }
    let has_overhead = of == "requests" || !all.is_empty();
    if has_overhead {
        add(&mut all, pod, "spec.overhead");
    }
    all
}

/// Takes the larger quantity of each resource.
fn raise(all: &mut BTreeMap<String, Quantity>, others: BTreeMap<String, Quantity>) {
    for (resource, quantity) in others {
        if all.get(&resource).is_none_or(|known| known.nano < quantity.nano) {
            all.insert(resource, quantity);
        }
    }
}

// Models kubectl/pkg/util/qos GetPodQOS
/// The class of a Pod's quality of service.
pub fn qos_class<'a>(pod: Doc<'a>) -> &'a str {
    if pod.has("status.qosClass") {
        return pod.text("status.qosClass");
    }
    let (mut is_guaranteed, mut is_best_effort) = (true, true);
    for container in pod.items("spec.containers").chain(pod.items("spec.initContainers")) {
        let of = |list: &str, resource: &str| {
            let quantity = container.at("resources").at(list).word(resource);
            nano(&quantity).filter(|quantity| *quantity > 0)
        };
        for resource in ["cpu", "memory"] {
            let (request, limit) = (of("requests", resource), of("limits", resource));
            is_best_effort &= request.is_none() && limit.is_none();
            is_guaranteed &= limit.is_some() && request.is_none_or(|request| Some(request) == limit);
        }
    }
    match (is_best_effort, is_guaranteed) {
        (true, _) => "BestEffort",
        (_, true) => "Guaranteed",
        _ => "Burstable",
    }
}

// Models kubectl/pkg/util/resource ExtractContainerResourceValue
/// What an environment variable says of its container's resources.
pub fn field_of_resources(container: Doc<'_>, field: Doc<'_>) -> String {
    let resource = field.text("resource");
    let Some((list, name)) = resource.split_once('.') else { return String::new() };
    let of = container.at("resources").at(list).entries_here();
    let quantity =
        of.iter().find(|(known, _)| *known == name).and_then(|(_, value)| Quantity::parse(&value.own()));
    let is_milli = name == "cpu";
    let divisor = Quantity::parse(&field.word("divisor")).unwrap_or_default().scaled(is_milli);
    let divisor = match divisor {
        0 if is_milli => 1_000,
        0 => 1,
        divisor => divisor,
    };
    let value = (quantity.unwrap_or_default().scaled(is_milli) + divisor - 1).div_euclid(divisor);
    match value {
        0 if matches!(resource, "limits.cpu" | "limits.memory") => "node allocatable".to_owned(),
        value => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sum(parts: &[&str]) -> String {
        let mut list = BTreeMap::new();
        for part in parts {
            Quantity::add_to(&mut list, "x", Quantity::parse(part).unwrap());
        }
        list.remove("x").unwrap_or_default().to_string()
    }

    #[test]
    fn one_is_printed_as_written_and_a_sum_in_its_shortest_form() {
        assert_eq!(sum(&["1000m"]), "1000m");
        assert_eq!(sum(&["500m", "500m"]), "1");
        assert_eq!(sum(&["250m", "1"]), "1250m");
        assert_eq!(sum(&["64Mi", "64Mi"]), "128Mi");
        assert_eq!(sum(&["512Mi", "512Mi"]), "1Gi");
        assert_eq!(sum(&["500", "500"]), "1k");
        assert_eq!(sum(&["0", "64Mi"]), "64Mi");
        assert_eq!(sum(&[]), "0");
    }

    #[test]
    fn shares_are_cut_off() {
        let share = |part, whole, is_milli| {
            Quantity::parse(part).unwrap().percent_of(&Quantity::parse(whole).unwrap(), is_milli)
        };
        assert_eq!(share("250m", "4", true), 6);
        assert_eq!(share("1Gi", "8Gi", false), 12);
        assert_eq!(share("1", "0", false), 0);
    }
}
