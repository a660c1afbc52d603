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

/// What axe found in several views.
#[derive(Default)]
pub struct Found(Vec<String>);

impl Found {
    /// Looks at the page as it is now; `view` names it.
    pub async fn look(&mut self, page: &Page, view: &str) -> WebDriverResult<()> {
        if page.value("typeof axe").await? == "undefined" {
            page.driver.execute(script(), Vec::new()).await?;
        }
        // A colour on its way to another is neither.
        page.until("document.getAnimations().every((one) => one.playState !== 'running')").await?;
        let result = page.driver.execute_async(RUN, Vec::new()).await?.json().clone();
        let found = result["found"].as_array().into_iter().flatten().filter_map(Value::as_str);
        self.0.extend(found.map(|violation| format!("{view}: {violation}")));
        // A run that looked at nothing finds nothing.
        assert!(result["passed"].as_u64() > Some(10), "axe looked at too little in {view}: {result}");
        Ok(())
    }

    /// Fails if there was a violation in any view.
    pub fn nothing(self) {
        assert!(self.0.is_empty(), "axe finds {} violations:\n{}", self.0.len(), self.0.join("\n"));
    }
}

fn script() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(SCRIPT);
    std::fs::read_to_string(&path).unwrap_or_else(|error| {
        panic!("{SCRIPT} is missing ({error}): install Node.js with npm, then run `npm ci`; `./dev test` does both")
    })
}
