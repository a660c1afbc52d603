//! What a line of the rules does, in one sentence.

use crate::network::settings::ProxyMode;

/// What a line does. `server` is the line of the virtual server that a real server of IPVS belongs to.
pub fn meaning(line: &str, mode: ProxyMode, server: &str) -> String {
    match mode {
        ProxyMode::Iptables => iptables(line),
        ProxyMode::Nftables => nftables(line),
        ProxyMode::Ipvs => ipvs(line, server),
    }
}

/// The word behind another word.
fn after<'a>(line: &'a str, word: &str) -> &'a str {
    line.split_whitespace().skip_while(|other| *other != word).nth(1).unwrap_or_default()
}

fn iptables(line: &str) -> String {
    let has = |text: &str| line.contains(text);
    if let Some(table) = line.strip_prefix('*') {
        return match table {
            "nat" => "The table nat begins: rules for the first packet of a connection, which may rewrite addresses.",
            _ => "The table filter begins: rules for every packet, which may refuse or drop it.",
        }
        .to_owned();
    }
    if let Some(chain) = line.strip_prefix(':') {
        let chain = chain.split(' ').next().unwrap_or_default();
        return format!("Declares the chain {chain}: {}.", chain_purpose(chain));
    }
    if line == "COMMIT" {
        return "The whole table takes effect at once.".to_owned();
    }
    let chain = after(line, "-A");
    let to = || match (after(line, "-d"), after(line, "--dport")) {
        ("", "") => "everything else".to_owned(),
        ("", port) => format!("port {port}"),
        (address, "") => address.to_owned(),
        (address, port) => format!("{address} port {port}"),
    };
    let target = after(line, "-j");
    match target {
        "REJECT" => format!("Refuses what goes to {}: the Service has no endpoint, and the client hears it.", to()),
        "DROP" if has("ctstate INVALID") => {
            "Drops packets that belong to no connection the kernel knows of.".to_owned()
        }
        "DROP" if has("localnet") => "Drops what pretends to come from the node itself.".to_owned(),
        "DROP" if has("not accepted by") => {
            format!("Drops what goes to {} and came from no allowed source range.", to())
        }
        "DROP" => format!("Drops what goes to {}: the policy is Local and no endpoint is on this node.", to()),
        "DNAT" => format!("Rewrites the destination to the endpoint {}.", after(line, "--to-destination")),
        "MASQUERADE" => "Rewrites the source to this node's address, so that the answer comes back here.".to_owned(),
        "MARK" if has("--or-mark") => "Marks the packet: its source will be rewritten when it leaves.".to_owned(),
        "MARK" => "Takes the mark away again.".to_owned(),
        "RETURN" => "Leaves the source of every packet without the mark as it is.".to_owned(),
        "ACCEPT" if has("health check") => {
            format!("Lets load balancers ask this node for local endpoints, at port {}.", after(line, "--dport"))
        }
        "ACCEPT" => "Lets the packet through.".to_owned(),
        "KUBE-MARK-MASQ" if chain.starts_with("KUBE-SEP") => {
            format!("When {} calls itself through the Service, marks the packet, so that the answer comes back this way.",
                after(line, "-s"))
        }
        "KUBE-MARK-MASQ" if has("! -s") => {
            "Marks what comes from outside the Pod network, so that its source is rewritten.".to_owned()
        }
        "KUBE-MARK-MASQ" if has("--src-type LOCAL") => {
            "Marks what comes from the node itself, so that its source is rewritten.".to_owned()
        }
        "KUBE-MARK-MASQ" => {
            "Marks all traffic from outside, so that its source is rewritten: the endpoint may be on another node."
                .to_owned()
        }
        "KUBE-NODEPORTS" => "Looks among the node ports for what goes to an address of this node.".to_owned(),
        "" => "Goes on: what matched none of the allowed sources is dropped later.".to_owned(),
        _ if has("--rcheck") => format!(
            "Sends a client back to the endpoint that it was sent to less than {} seconds ago (session affinity).",
            after(line, "--seconds")
        ),
        _ if has("--probability") => format!(
            "Takes this endpoint with a probability of {}: of the endpoints that are left, each is as likely.",
            shortened(after(line, "--probability"))
        ),
        _ if target.starts_with("KUBE-SEP") => "Takes this endpoint: the last that is left.".to_owned(),
        _ if target.starts_with("KUBE-FW") => {
            format!("What goes to {} has to come from an allowed source range.", to())
        }
        _ if chain.starts_with("KUBE-FW") => {
            format!("Lets in what comes from {}.", after(line, "-s"))
        }
        _ if target.starts_with("KUBE-EXT") => format!("What goes to {} is traffic from outside.", to()),
        _ if has("pod traffic") => {
            "Sends what comes from Pods to every endpoint, whatever the external policy says.".to_owned()
        }
        _ if has("route LOCAL") => {
            "Sends what comes from the node itself to every endpoint, whatever the external policy says.".to_owned()
        }
        _ if target.starts_with("KUBE-SVL") => "Goes on to the choice among the endpoints on this node.".to_owned(),
        _ if chain.starts_with("KUBE-EXT") => "Goes on to the choice among all endpoints.".to_owned(),
        _ => format!("What goes to {} goes on to the choice among the endpoints.", to()),
    }
}

fn shortened(probability: &str) -> &str {
    probability.get(..6).unwrap_or(probability)
}

/// What a chain of iptables is for.
fn chain_purpose(chain: &str) -> &'static str {
    match chain {
        "KUBE-SERVICES" => "every packet comes here first, and is matched by its destination",
        "KUBE-NODEPORTS" => "what goes to a node port",
        "KUBE-EXTERNAL-SERVICES" => "addresses from outside for which there is no endpoint",
        "KUBE-FORWARD" => "what passes through this node",
        "KUBE-PROXY-FIREWALL" => "what came from no allowed source range",
        "KUBE-FIREWALL" => "what is never let in",
        "KUBE-MARK-MASQ" => "marks packets whose source is to be rewritten",
        "KUBE-POSTROUTING" => "rewrites the source of marked packets",
        _ if chain.starts_with("KUBE-SVC-") => "the choice among all endpoints of a Service's port",
        _ if chain.starts_with("KUBE-SVL-") => "the choice among those endpoints that are on this node",
        _ if chain.starts_with("KUBE-EXT-") => "traffic from outside to a Service's port",
        _ if chain.starts_with("KUBE-FW-") => "the allowed source ranges of a load balancer",
        _ => "one endpoint",
    }
}

fn nftables(line: &str) -> String {
    let words: Vec<&str> = line.split_whitespace().collect();
    let has = |text: &str| line.contains(text);
    match words.as_slice() {
        ["add", "table", ..] => "kube-proxy's own table: nobody else writes here.".to_owned(),
        ["add", "chain", _, _, chain, ..] => {
            format!("Declares the chain {chain}: {}.", nft_purpose(chain, line))
        }
        ["add", "set" | "map", _, _, name, ..] => {
            let comment = line.split('"').nth(1);
            match comment {
                Some(comment) => format!("Declares {name}: {comment}."),
                None => format!("Declares {name}: the clients of one endpoint, each for a time."),
            }
        }
        ["add", "element", _, _, "cluster-ips", _, ip, ..] => format!("{ip} is a ClusterIP."),
        ["add", "element", _, _, "nodeport-ips", _, ip, ..] => format!("Node ports are served on {ip}."),
        ["add", "element", _, _, "hairpin-connections", _, ip, ..] => {
            format!("When {ip} calls itself through the Service, its source is rewritten.")
        }
        ["add", "element", _, _, map, "{", ..] => {
            let key = line.split(['{', '}']).nth(1).unwrap_or_default();
            let to = key.split([':']).next().unwrap_or_default();
            let to = to.split(" comment").next().unwrap_or_default().trim().replace(" . ", " ");
            match *map {
                "firewall-ips" => format!("What goes to {to} has to come from an allowed source range."),
                _ if has("drop") => {
                    format!("Drops what goes to {to}: the policy is Local and no endpoint is on this node.")
                }
                _ if has("reject-chain") => {
                    format!(
                        "Refuses what goes to {to}: the Service has no endpoint, and the client hears it."
                    )
                }
                _ if has("goto external-") => format!("What goes to {to} is traffic from outside."),
                _ => format!("What goes to {to} goes on to the choice among the endpoints."),
            }
        }
        ["add", "rule", _, _, chain, rest @ ..] => nft_rule(chain, rest, line),
        _ => "Part of the frame in which the rules stand.".to_owned(),
    }
}

fn nft_rule(chain: &str, rest: &[&str], line: &str) -> String {
    let has = |text: &str| line.contains(text);
    let text = match rest {
        [.., "jump", to] => return format!("Goes through the chain {to} and comes back."),
        _ if has("vmap @service-ips") => "Looks the destination up among the Services' addresses.",
        _ if has("vmap @service-nodeports") => "Looks the port up among the node ports.",
        _ if has("vmap @no-endpoint") => "Looks the destination up among those without an endpoint.",
        _ if has("vmap @firewall-ips") => "Looks the destination up among those with allowed source ranges.",
        _ if has("Reject traffic to invalid ports") => {
            "Refuses what goes to a ClusterIP at a port that its Service does not have."
        }
        _ if has("Drop traffic to unallocated") => "Drops what goes to a ClusterIP that no Service has.",
        ["reject"] => "Refuses, so that the client hears it.",
        _ if has("@hairpin-connections") => {
            "Rewrites the source of a Pod that reached itself through a Service."
        }
        _ if has("masquerade fully-random") => {
            "Rewrites the source of marked packets to this node's address, so that the answer comes back here."
        }
        _ if has("masquerade clusterIP traffic") => {
            "Marks what comes to a ClusterIP from outside the Pod network, so that its source is rewritten."
        }
        _ if has("short-circuit pod") => {
            "Sends what comes from Pods to every endpoint, whatever the external policy says."
        }
        _ if has("short-circuit local") => {
            "Sends what comes from the node itself to every endpoint, whatever the external policy says."
        }
        _ if has("masquerade local") => {
            "Marks what comes from the node itself, so that its source is rewritten."
        }
        _ if has("mark set mark or") => {
            "Marks all traffic from outside, so that its source is rewritten: the endpoint may be on another node."
        }
        [.., "drop"] => "Drops what comes from no allowed source range.",
        _ if has("@affinity-") && has("goto") => {
            "Sends a client back to the endpoint that it was sent to before (session affinity)."
        }
        ["update", ..] => "Notes the client, which begins its time anew (session affinity).",
        _ if has("numgen random") => "Picks one endpoint by chance, each as likely as the others.",
        [.., "dnat", "to", to] => return format!("Rewrites the destination to the endpoint {to}."),
        ["goto", to] if to.starts_with("local-") => "Goes on to the choice among the endpoints on this node.",
        _ if chain.starts_with("external-") => "Goes on to the choice among all endpoints.",
        _ => "Part of the frame in which the rules stand.",
    };
    text.to_owned()
}

/// What a chain of nftables is for.
fn nft_purpose(chain: &str, line: &str) -> &'static str {
    match chain {
        "services" => "every packet comes here first, and is matched by its destination",
        "masquerading" => "rewrites the source of marked packets",
        "cluster-ips-check" => "ClusterIPs and ports that nobody has",
        "firewall-check" => "the allowed source ranges of load balancers",
        "nodeport-endpoints-check" => "node ports without an endpoint",
        "service-endpoints-check" => "addresses without an endpoint",
        "reject-chain" => "refuses",
        _ if line.contains(" hook ") => "the kernel begins here",
        _ if chain.starts_with("external-") => "traffic from outside to a Service's port",
        _ if chain.starts_with("firewall-") => "the allowed source ranges of a load balancer",
        _ if chain.starts_with("local-") => "the choice among those endpoints that are on this node",
        _ if chain.starts_with("endpoint-") => "one endpoint",
        _ => "the choice among all endpoints of a Service's port",
    }
}

fn ipvs(line: &str, server: &str) -> String {
    let words: Vec<&str> = line.split_whitespace().collect();
    match words.as_slice() {
        ["->", "RemoteAddress:Port", ..] => {
            "The columns of real servers: how they are reached, their weight and their connections."
                .to_owned()
        }
        ["->", address, _, weight, active, inactive] => {
            let server = server.split_whitespace().nth(1).unwrap_or_default();
            let drained = if *weight == "0" {
                " It gets no new connections, and goes when the last has ended."
            } else {
                ""
            };
            format!(
                "The endpoint {address} serves {server}, with {active} connections open and {inactive} ended or without \
                 an end.{drained}"
            )
        }
        ["TCP" | "UDP" | "SCTP", address, scheduler, rest @ ..] => {
            let sticky = match rest {
                [.., "persistent", seconds] => {
                    format!(" A client stays with its endpoint for {seconds} seconds (session affinity).")
                }
                _ => String::new(),
            };
            format!(
                "The kernel takes what goes to {address} and picks an endpoint by the scheduler {scheduler}.{sticky}"
            )
        }
        ["IP", ..] => "The kernel's load balancer, with the size of its connection table.".to_owned(),
        _ => "The columns of virtual servers: protocol, address, scheduler and flags.".to_owned(),
    }
}
