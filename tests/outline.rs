//! The board as text tells what the lines of the board show.

use endpoint_playground::explain::{Outline, OutlineItem, outline};
use endpoint_playground::session::{Session, scenarios};

fn text(items: &[OutlineItem]) -> String {
    items
        .iter()
        .map(|item| {
            let lines: Vec<String> = item
                .lines
                .iter()
                .map(|line| {
                    let to = line.to.as_ref().map(|to| format!(" [{to}]")).unwrap_or_default();
                    format!("  {}{to}\n", line.text)
                })
                .collect();
            format!("{}: {}\n{}", item.key, item.text, lines.concat())
        })
        .collect()
}

fn outline_of(scenario: &str) -> Outline {
    let scenario = scenarios::find(scenario).expect("the scenario is there");
    let mut session = Session::open(scenario.recording(1));
    session.advance(scenario.start);
    outline(session.cluster().store())
}

#[test]
fn a_service_names_its_endpoints_and_what_it_misses() {
    let outline = outline_of("first");
    let services = text(&outline.services);
    assert!(services.contains("selector app=web; 2 of 2 endpoints ready"), "{services}");
    assert!(services.contains("load balancer 203.0.113.10, port 80 to http TCP, node port "), "{services}");
    assert!(services.contains(", ready, on node-1: [Pod default/web-1]"), "{services}");
    let near = "near miss, not an endpoint, app=wbe, wanted app=web: [Pod default/web-3]";
    assert!(services.contains(near), "{services}");
}

#[test]
fn a_pod_names_who_selects_it() {
    let pods = text(&outline_of("first").pods);
    assert!(pods.contains("Pod default/web-1: ready, 10."), "{pods}");
    assert!(pods.contains("on node-1, labels app=web\n  ready endpoint of [Service default/web]"), "{pods}");
    assert!(
        pods.contains("  app=wbe, wanted app=web, and so a near miss of [Service default/web]"),
        "{pods}"
    );
}

#[test]
fn an_ingress_names_where_it_leads() {
    let outline = outline_of("ingress");
    let ingresses = text(&outline.ingresses);
    assert!(!outline.ingresses.is_empty());
    assert!(ingresses.contains(" leads to [Service default/"), "{ingresses}");
    // The cluster's own objects stand on no board.
    assert!(!text(&outline.services).contains("kube-system"));
}
