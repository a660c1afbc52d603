//! What axe-core, the checker of accessibility, says about the page.

use std::path::Path;

use serde_json::Value;
use thirtyfour::error::WebDriverResult;

use crate::page::Page;

/// Where npm puts the checker.
const SCRIPT: &str = "node_modules/axe-core/axe.min.js";

/// Everything that axe knows of WCAG 2.2 up to level AA, and its good practice.
const RUN: &str = "
    const done = arguments[0];
    const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
    axe.run(document, { runOnly: tags, resultTypes: ['violations'] }).then(
        ({ violations, passes }) => done({
            passed: passes.length,
            found: violations.flatMap(({ id, help, nodes }) => nodes.map(({ target, html, failureSummary }) =>
                `${id}: ${help}\\n  at ${target.join(' ')}\\n  ${html.slice(0, 240)}\\n  ${failureSummary}`)),
        }),
        (error) => done({ passed: 0, found: [String(error)] }));";

impl Page {
    /// Holds the page, as it is now, to axe; `what` names the view in the failure.
    pub async fn accessible(&self, what: &str) -> WebDriverResult<()> {
        if self.value("typeof axe").await? == "undefined" {
            self.driver.execute(script(), Vec::new()).await?;
        }
        let result = self.driver.execute_async(RUN, Vec::new()).await?.json().clone();
        let found: Vec<&str> = result["found"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        assert!(found.is_empty(), "axe finds {} violations in {what}:\n{}", found.len(), found.join("\n"));
        // A run that looked at nothing finds nothing.
        assert!(result["passed"].as_u64() > Some(10), "axe looked at too little in {what}: {result}");
        Ok(())
    }
}

fn script() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(SCRIPT);
    std::fs::read_to_string(&path).unwrap_or_else(|error| {
        panic!("{SCRIPT} is missing ({error}): install Node.js with npm, then run `npm ci`; `./dev test` does both")
    })
}
