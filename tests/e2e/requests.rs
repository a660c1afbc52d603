//! Requests from the composer.

use endpoint_playground::session::{Client, scenarios};

use crate::page::story;

#[test]
fn requests_of_every_scenario_end_as_it_tells() {
    story("", async |page| {
        page.begin().await?;
        for scenario in scenarios::all() {
            page.choose("Scenario:", &scenario.title).await?;
            page.choose("Speed:", "4×").await?;
            for (request, expected) in &scenario.expect {
                let from = match &request.from {
                    Client::Internet => "Internet".to_owned(),
                    Client::Laptop => "Laptop".to_owned(),
                    Client::Node(name) | Client::Pod { name, .. } => name.clone(),
                };
                let outcome = page.send(&from, &request.url).await?;
                assert!(outcome.starts_with(expected), "{}: {} ended: {outcome}", scenario.name, request.url);
            }
        }
        Ok(())
    });
}

#[test]
fn a_request_unfolds_into_its_hops() {
    story("?scenario=clusterip", async |page| {
        page.begin().await?;
        let outcome = page.send("shop", "http://cart/").await?;
        assert!(outcome.starts_with("200 OK"), "{outcome}");
        page.pause().await?;
        page.driver.execute("document.querySelector('.reqs .rq').click()", Vec::new()).await?;
        for words in ["cluster DNS", "node-1"] {
            page.until_text(words).await?;
        }
        page.until("document.querySelector('.reqs .rq[aria-expanded=true]')").await
    });
}
