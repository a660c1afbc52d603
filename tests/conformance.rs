//! Runs the conformance data against the engine.
//!
//! Reads every `*.json.gz` of the directory that the environment variable `CONFORMANCE_DIR` names (default:
//! `tests/conformance`). The part of a file's name before the first dot picks the checker. Prints
//! `NAME: passed/total` for each file and the first differences, and fails unless all pass.

use std::io::Read;
use std::path::{Path, PathBuf};

use serde_json::Value;

#[path = "conformance/dns.rs"]
mod dns;
#[path = "conformance/endpoint_slices.rs"]
mod endpoint_slices;
#[path = "conformance/endpoints.rs"]
mod endpoints;
#[path = "conformance/http_route.rs"]
mod http_route;
#[path = "conformance/ingress.rs"]
mod ingress;
#[path = "conformance/ip_allocation.rs"]
mod ip_allocation;
#[path = "conformance/kubectl.rs"]
mod kubectl;
#[path = "conformance/labels.rs"]
mod labels;
#[path = "conformance/network_policy.rs"]
mod network_policy;
#[path = "conformance/proxy.rs"]
mod proxy;
#[path = "conformance/proxy_rules.rs"]
mod proxy_rules;
#[path = "conformance/validation.rs"]
mod validation;

/// One case that did not hold: its name or number, and what differs.
type Difference = String;

/// A checker looks at a whole file and gives the number of cases and the differences, one for each failed case.
type Checker = fn(&Value) -> (usize, Vec<Difference>);

/// The areas that have a checker.
const CHECKERS: &[(&str, Checker)] = &[
    ("dns", dns::check),
    ("endpoints", endpoints::check),
    ("endpointslice", endpoint_slices::check),
    ("endpointslice_directed", endpoint_slices::check),
    ("endpointslice_sequences", endpoint_slices::check_sequences),
    ("endpointslice_topology", endpoint_slices::check),
    ("httproute", http_route::check),
    ("ingress", ingress::check),
    ("ipalloc_clusterip", ip_allocation::check_cluster_ips),
    ("ipalloc_nodeport", ip_allocation::check_node_ports),
    ("kubectl_get", kubectl::check_get),
    ("kubectl_output", kubectl::check_describe),
    ("labels", labels::check),
    ("networkpolicy", network_policy::check),
    ("iptables", proxy_rules::check_iptables),
    ("nftables", proxy_rules::check_nftables),
    ("proxy", proxy::check),
    ("validation", validation::check),
];

/// How many differences are printed for one file.
const SHOWN: usize = 5;

fn directory() -> PathBuf {
    std::env::var_os("CONFORMANCE_DIR")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance"), PathBuf::from)
}

fn read(path: &Path) -> Value {
    let file = std::fs::File::open(path).expect("the file was just listed");
    let mut text = String::new();
    flate2::read::GzDecoder::new(file).read_to_string(&mut text).expect("the data are gzipped text");
    serde_json::from_str(&text).expect("the data are JSON")
}

#[test]
fn conformance() {
    let directory = directory();
    let mut files: Vec<PathBuf> = std::fs::read_dir(&directory)
        .unwrap_or_else(|error| panic!("{}: {error}", directory.display()))
        .map(|entry| entry.expect("the directory can be listed").path())
        .filter(|path| path.to_string_lossy().ends_with(".json.gz"))
        .collect();
    files.sort();
    assert!(!files.is_empty(), "no *.json.gz in {}", directory.display());

    let mut failed = Vec::new();
    for path in &files {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let area = name.split('.').next().unwrap_or_default();
        let Some((_, checker)) = CHECKERS.iter().find(|(known, _)| *known == area) else {
            println!("{name}: no checker for {area:?}");
            failed.push(name);
            continue;
        };
        let (total, differences) = checker(&read(path));
        println!("{name}: {}/{total}", total - differences.len());
        for difference in differences.iter().take(SHOWN) {
            println!("  {difference}");
        }
        if !differences.is_empty() || total == 0 {
            failed.push(name);
        }
    }
    assert!(failed.is_empty(), "not conformant: {}", failed.join(", "));
}
