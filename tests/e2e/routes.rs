//! The ways to a Service, each read hop by hop from the Requests list, and the views that tell why.

use serde_json::json;
use thirtyfour::prelude::*;

use crate::page::{Page, story};

/// Begins a scenario, sends, and reads the hops of the request; each as one line of text.
async fn hops(page: &Page, scenario: &str, from: &str, url: &str) -> WebDriverResult<Vec<String>> {
    page.choose("Scenario:", scenario).await?;
    page.choose("Speed:", "4×").await?;
    hops_of(page, from, url).await
}

/// Sends and reads the hops of the request.
async fn hops_of(page: &Page, from: &str, url: &str) -> WebDriverResult<Vec<String>> {
    page.send(from, url).await?;
    // The newest of its kind that has ended; the same request may be repeated meanwhile, and goes alike.
    let row = format!(
        "[...document.querySelectorAll('.reqs .rq')].find((e) => !e.innerText.includes('under way') &&
            e.querySelector('.from').textContent.endsWith({}) && e.querySelector('.url').textContent.endsWith({}))",
        json!(from),
        json!(url)
    );
    page.until(&row).await?;
    page.driver
        .execute(format!("const row = {row}; if (row.ariaExpanded !== 'true') row.click();"), Vec::new())
        .await?;
    page.until("document.querySelector('.hops .hop:not(.head)')").await?;
    let read = "[...document.querySelectorAll('.hops .hop:not(.head)')].map((e) =>
        [...e.children].map((c) => c.textContent.trim()).filter(Boolean).join(' | ').replace(/\\s+/g, ' '))";
    let hops = serde_json::from_value(page.value(read).await?)?;
    page.driver
        .execute("document.querySelector('.reqs .rq[aria-expanded=true]').click()", Vec::new())
        .await?;
    Ok(hops)
}

/// Holds each hop to the texts that it must have, in order.
fn check(what: &str, hops: &[String], expected: &[&[&str]]) {
    let told = hops.join("\n");
    for (number, texts) in expected.iter().enumerate() {
        let hop = hops.get(number).unwrap_or_else(|| panic!("{what} has no hop {}:\n{told}", number + 1));
        for text in *texts {
            assert!(hop.contains(text), "{what}: hop {} lacks {text:?}:\n{told}", number + 1);
        }
    }
    // What decided stands below the hops.
    let more = hops.len() - hops.iter().filter(|hop| hop.starts_with("Decided by")).count();
    assert_eq!(more, expected.len(), "{what}:\n{told}");
}

#[test]
fn the_ways_inside_the_cluster_read_as_they_go() {
    story("", async |page| {
        page.begin().await?;
        let way = hops(&page, "A Service inside the cluster", "shop", "http://cart/").await?;
        check(
            "ClusterIP",
            &way,
            &[
                &["Cluster DNS", "cart.default.svc.cluster.local has A 10."],
                &["Rules on node-1", "DNAT", "KUBE-SERVICES > KUBE-SVC-", "1 of 3 ready", ":8080"],
                &["cart-", "listens on 8080, answers 200 OK; sees 10.244.1."],
                &["Reply", "conntrack on node-1 undoes 2"],
            ],
        );
        let way = hops(&page, "A headless Service", "shop", "db-0.db:5432").await?;
        check(
            "headless",
            &way,
            &[
                &["Cluster DNS", "db-0.db.default.svc.cluster.local has A 10.244.2."],
                &["db-0", "listens on 5432, accepts the connection"],
                &["Reply", "nothing was rewritten"],
            ],
        );
        let way = hops(&page, "An ExternalName is an alias", "shop", "http://payments/").await?;
        check(
            "ExternalName",
            &way,
            &[
                &["Cluster DNS", "is an alias of api.payments.example, which has A 192.0.2."],
                &["Rules on node-1", "SNAT", "the packet leaves the Pod network"],
                &["192.0.2.", "a host outside the cluster"],
                &["Reply", "conntrack on node-1 undoes 2"],
            ],
        );
        let way = hops(&page, "Endpoints written by hand", "shop", "db:5432").await?;
        check(
            "hand-written endpoints",
            &way,
            &[
                &["Cluster DNS", "db.default.svc.cluster.local has A 10."],
                &["Rules on node-1", "DNAT", "default/db:postgres: 1 of 2 ready", "192.0.2.2"],
                &["Rules on node-1", "SNAT"],
                &["192.0.2.2", "a host outside the cluster"],
                &["Reply", "conntrack on node-1 undoes 3 and 2"],
            ],
        );
        Ok(())
    });
}

#[test]
fn the_ways_from_outside_read_as_they_go() {
    story("", async |page| {
        page.begin().await?;
        let scenario = "A node port with a local policy";
        for (node, address) in [("node-2", 12), ("node-3", 13)] {
            let url = format!("http://192.168.1.{address}:30080/");
            let way = hops(&page, scenario, "Laptop", &url).await?;
            check(
                "node port",
                &way,
                &[
                    &[
                        &format!("Rules on {node}"),
                        "DNAT",
                        "KUBE-NODEPORTS > KUBE-EXT-",
                        &format!("1 of 1 ready on {node}"),
                    ],
                    &["web-", "answers 200 OK; sees 192.168.1.50:"],
                    &["Reply", &format!("conntrack on {node} undoes 1")],
                ],
            );
        }
        let way = hops(&page, scenario, "Laptop", "http://192.168.1.11:30080/").await?;
        check(
            "node port without a Pod",
            &way,
            &[&["Rules on node-1", "drop", "externalTrafficPolicy: Local"]],
        );
        let way = hops(&page, "A load balancer in front", "Internet", "http://203.0.113.10/").await?;
        check(
            "a cloud's load balancer",
            &way,
            &[
                &["Load balancer of web", "DNAT", "one of 3 healthy nodes", "192.168.1.1"],
                &["Rules on node-", "DNAT", "KUBE-NODEPORTS > KUBE-EXT-"],
                &["Rules on node-", "SNAT", "externalTrafficPolicy: Cluster"],
                &["web-", "answers 200 OK; sees 192.168.1.1"],
                &["Reply", "undoes 3 and 2, the load balancer 1"],
            ],
        );
        let way = hops(&page, "MetalLB: one node answers", "Laptop", "http://192.168.1.240/").await?;
        check(
            "MetalLB",
            &way,
            &[
                &["node-", "MetalLB speaker", "answers ARP for 192.168.1.240"],
                &["Rules on node-", "DNAT", "KUBE-SERVICES > KUBE-EXT-", "192.168.1.240:80"],
                &["Rules on node-", "SNAT"],
                &["web-", "answers 200 OK"],
                &["Reply", "undoes 3 and 2"],
            ],
        );
        let way =
            hops(&page, "A load balancer that stays pending", "Laptop", "http://192.168.1.12:30080/").await?;
        check(
            "no provider",
            &way,
            &[
                &["Rules on node-2", "DNAT", "KUBE-NODEPORTS"],
                &["Rules on node-2", "SNAT"],
                &["web-1", "answers 200 OK"],
                &["Reply"],
            ],
        );
        page.until_text("<pending>").await
    });
}

#[test]
fn local_and_cluster_stand_side_by_side() {
    story("", async |page| {
        page.begin().await?;
        let scenario = "Local and Cluster side by side";
        let seen = |way: &[String]| way.iter().find_map(|hop| hop.split("; sees ").nth(1).map(str::to_owned));
        let cluster = hops(&page, scenario, "Internet", "http://203.0.113.10/").await?;
        assert!(seen(&cluster).is_some_and(|seen| seen.starts_with("192.168.1.1")), "{cluster:#?}");
        let local = hops_of(&page, "Internet", "http://203.0.113.11/").await?;
        assert!(seen(&local).is_some_and(|seen| seen.starts_with("198.51.100.23:")), "{local:#?}");
        for (address, count, status) in
            [(11, 1, "200 OK"), (12, 1, "200 OK"), (13, 0, "503 Service Unavailable")]
        {
            let url = format!("http://192.168.1.{address}:32000/");
            let outcome = page.send("Laptop", &url).await?;
            assert!(outcome.starts_with(status), "{url}: {outcome}");
            let way = hops_of(&page, "Laptop", &url).await?;
            let body = format!("\"localEndpoints\": {count}, \"serviceProxyHealthy\": true");
            check("health check", &way, &[&["health check of web-local", &body], &["Reply"]]);
        }
        Ok(())
    });
}

#[test]
fn rules_are_marked_and_say_what_they_do_in_each_mode() {
    story("?scenario=clusterip", async |page| {
        page.begin().await?;
        page.choose("Speed:", "4×").await?;
        page.send("shop", "http://cart/").await?;
        page.press("Rules").await?;
        let taken = "[...document.querySelectorAll('.rules li.taken')].map((e) => e.textContent)";
        for (mode, expected) in [
            ("iptables", vec!["KUBE-SERVICES", "KUBE-SVC-", "DNAT --to-destination 10.244."]),
            ("nftables", vec!["vmap @service-ips", "goto service-", "numgen random mod 3"]),
            ("ipvs", vec!["TCP 10.", "-> 10.244."]),
        ] {
            page.fill("Mode", mode).await?;
            page.send("shop", "http://cart/").await?;
            let all: Vec<String> = serde_json::from_value(page.value(taken).await?)?;
            for text in expected {
                let words =
                    |line: &String| line.split_whitespace().collect::<Vec<_>>().join(" ").contains(text);
                assert!(all.iter().any(words), "{mode} lacks {text}: {all:#?}");
            }
        }
        // The keyboard reads a line as the pointer does.
        page.driver.execute("document.querySelector('.rules li.taken').focus()", Vec::new()).await?;
        page.until("document.querySelector('.rule-says').textContent.includes('picks an endpoint by the scheduler rr')").await?;
        // The request, then the mode.
        page.press("Undo").await?;
        page.press("Undo").await?;
        page.until(
            "[...document.querySelectorAll('.rules li')].some((e) => e.textContent.includes('kube-proxy'))",
        )
        .await
    });
}

#[test]
fn a_name_is_looked_up_by_hand() {
    story("?scenario=headless", async |page| {
        page.begin().await?;
        page.press("DNS").await?;
        page.fill("Who looks it up", "pod/default/shop").await?;
        page.fill("Name to look up", "db-0.db").await?;
        page.until_text("with the search domain default.svc.cluster.local").await?;
        page.until("document.querySelector('pre[aria-label=\"What dig prints\"]').textContent.includes('status: NOERROR')").await?;
        page.fill("Type of record", "TXT").await?;
        page.until_text("an empty answer (NODATA), not NXDOMAIN").await?;
        page.fill("Name to look up", "nobody").await?;
        page.until_text("as it is, last: it has 0 dots, and ndots is 5").await?;
        page.until("document.querySelector('pre[aria-label=\"What dig prints\"]').textContent.includes('status: NXDOMAIN')").await
    });
}

#[test]
fn a_kept_connection_stays_with_its_pod_on_the_board() {
    story("?scenario=long-lived", async |page| {
        page.begin().await?;
        page.choose("Speed:", "4×").await?;
        page.press("Scale web to 4").await?;
        page.until_card("Service web", "4 of 4 endpoints ready").await?;
        page.press("Connections").await?;
        page.until("[...document.querySelectorAll('.connections tbody tr')].some((e) => Number(e.children[5].textContent) > 4)").await?;
        let rows = page.value("document.querySelectorAll('.connections tbody tr').length").await?;
        assert_eq!(rows, json!(1));
        page.press("Why").await?;
        page.until_text("3 of 4 ready Pods get nothing of the open connections").await?;
        page.press("Close connection 1").await?;
        page.until("document.querySelector('.connections tbody th')?.textContent.includes('#2')").await
    });
}

#[test]
fn what_a_process_listens_on_is_edited_in_the_form_of_its_pod() {
    story("?scenario=listening", async |page| {
        page.begin().await?;
        page.choose("Speed:", "4×").await?;
        page.until_text("web listens on 127.0.0.1:8080 alone").await?;
        page.press("Apply fix").await?;
        let outcome = page.send("shop", "http://web/").await?;
        assert!(outcome.starts_with("200 OK"), "{outcome}");
        page.until("document.querySelector('main article[aria-label^=\"Pod web\"]')").await?;
        page.driver
            .execute("document.querySelector('main article[aria-label^=\"Pod web\"]').click()", Vec::new())
            .await?;
        page.press("Form").await?;
        for (field, text, expected) in [
            ("Answers", "503", "503 Service Unavailable"),
            ("Listens on", "3000", "refused: nothing listens on 8080"),
        ] {
            let field = page.named("input", field).await?;
            let script = "const [field, text] = arguments;
                field.focus();
                field.value = text;
                field.dispatchEvent(new Event('input', { bubbles: true }));
                field.dispatchEvent(new Event('change', { bubbles: true }));";
            page.driver.execute(script, vec![field.to_json()?, json!(text)]).await?;
            let outcome = page.send("shop", "http://web/").await?;
            assert!(outcome.starts_with(expected), "{outcome}");
        }
        Ok(())
    });
}

#[test]
fn the_cluster_is_set_up_in_another_way_and_back() {
    story("?scenario=loadbalancer", async |page| {
        page.begin().await?;
        page.press("The cluster").await?;
        page.fill("Load balancers", "2").await?;
        page.fill("kube-proxy", "ipvs").await?;
        page.fill("Scheduler", "sh").await?;
        page.press("Close").await?;
        page.until_text("192.168.1.240").await?;
        page.until_text("IPVS rules (kube-proxy)").await?;
        for _ in 0..3 {
            page.press("Undo").await?;
        }
        page.until_text("203.0.113.10").await?;
        page.until_text("iptables rules (kube-proxy)").await
    });
}
