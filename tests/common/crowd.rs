//! A board with many nodes, Services and Pods.

use endpoint_playground::api::{Time, text};
use endpoint_playground::session::{Client, Command, Request, Session};

/// `nodes` nodes and `services` Services of type NodePort with ten Pods each, at rest after four seconds.
pub fn crowd(nodes: u32, services: u32) -> Session {
    let mut yaml = String::new();
    for number in 1..=nodes {
        yaml += &format!(
            "apiVersion: v1\nkind: Node\nmetadata: {{name: worker-{number}}}\nstatus: {{addresses: [{{type: InternalIP, address: 192.168.2.{number}}}], \
             conditions: [{{type: Ready, status: \"True\"}}]}}\n---\n"
        );
    }
    for number in 0..services {
        yaml += &format!(
            "apiVersion: v1\nkind: Service\nmetadata: {{name: app-{number}}}\nspec: {{type: NodePort, selector: {{app: app-{number}}}, \
             ports: [{{port: 80, nodePort: {}}}]}}\n---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: app-{number}}}\nspec:\n  replicas: 10\n  \
             selector: {{matchLabels: {{app: app-{number}}}}}\n  template:\n    metadata: {{labels: {{app: app-{number}}}}}\n    \
             spec: {{containers: [{{name: c, image: i, ports: [{{containerPort: 80}}]}}]}}\n---\n",
            30_000 + number
        );
    }
    let reading = text::read(&yaml, "default");
    assert!(!reading.has_errors(), "{:?}", reading.problems);
    let documents = reading.documents.into_iter().map(|document| document.value).collect();
    let mut session = Session::new(1);
    session.dispatch(Command::Apply { documents, namespace: "default".to_owned() });
    session.advance(Time(4_000));
    session
}

/// What the laptop sends to the node port of a Service of the crowd.
pub fn to_node_port(number: u32) -> Request {
    let url = format!("http://192.168.2.1:{}/", 30_000 + number);
    Request { from: Client::Laptop, method: "GET".to_owned(), url }
}
