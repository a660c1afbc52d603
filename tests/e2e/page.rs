//! The page in a browser, and what a story may do with it.

use std::path::Path;
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};
use thirtyfour::ChromeCapabilities;
use thirtyfour::manager::{BrowserKind, WebDriverManager};
use thirtyfour::prelude::*;
use tokio::task::LocalSet;

use crate::server;

/// How long a condition may take to come true.
const PATIENCE: Duration = Duration::from_secs(20);

/// Whether the page is drawn.
pub const DRAWN: &str = "window.wasmBindings && document.body.innerText.trim()";

/// The page of one story.
#[derive(Clone)]
pub struct Page {
    /// The session, for what this type has no word for.
    pub driver: WebDriver,
}

/// The colours that the system asks for.
#[derive(Clone, Copy, Debug)]
pub enum Theme {
    Light,
    Dark,
}

impl Theme {
    /// The word of CSS for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }
}

/// Tells one story: opens the page with `address`, a query and a fragment such as `?embed=1#v1.abc`, in a browser of
/// its own, and hands it to `body`. Fails where `body` does, and on any error in the console. A story that fails
/// leaves a picture in target/e2e/.
pub fn story<Body>(address: &str, body: Body)
where
    Body: AsyncFnOnce(Page) -> WebDriverResult<()> + 'static,
{
    traced_story("", address, body);
}

/// The same, in a browser that writes a trace of the events of these categories; see [`Page::trace`].
pub fn traced_story<Body>(categories: &str, address: &str, body: Body)
where
    Body: AsyncFnOnce(Page) -> WebDriverResult<()> + 'static,
{
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("the machine can run a story");
    LocalSet::new().block_on(&runtime, async {
        let page = Page::launch(categories).await.expect("Chromium and chromedriver start");
        let (told, opened) = (page.clone(), address.to_owned());
        // A task of its own, so that a failed assertion still ends the session.
        let outcome = tokio::task::spawn_local(async move {
            told.open(&opened).await?;
            body(told).await
        })
        .await;
        let errors = page.errors().await.unwrap_or_default();
        let failed = !matches!(outcome, Ok(Ok(()))) || !errors.is_empty();
        if failed {
            page.keep_picture().await;
        }
        page.driver.quit().await.expect("the browser ends");
        if !errors.is_empty() {
            println!("the console says:\n{}", errors.join("\n"));
        }
        match outcome {
            Err(panicked) => std::panic::resume_unwind(panicked.into_panic()),
            Ok(Err(error)) => panic!("{error}"),
            Ok(Ok(())) => assert!(errors.is_empty(), "errors in the console: {errors:#?}"),
        }
    });
}

impl Page {
    async fn launch(categories: &str) -> WebDriverResult<Self> {
        let driver = std::env::var("CHROMEDRIVER").unwrap_or_else(|_| "chromedriver".to_owned());
        // The same arguments as the wasm tests.
        let options: Value = serde_json::from_str(include_str!("../../webdriver.json"))?;
        let mut options = options["goog:chromeOptions"].clone();
        let mut capabilities = ChromeCapabilities::new();
        let mut logs = json!({ "browser": "ALL" });
        if !categories.is_empty() {
            options["perfLoggingPrefs"] =
                json!({ "traceCategories": categories, "enableNetwork": false, "enablePage": false });
            logs["performance"] = json!("ALL");
        }
        capabilities.set("goog:chromeOptions", options)?;
        capabilities.set("goog:loggingPrefs", logs)?;
        let manager =
            WebDriverManager::builder().driver_binary(BrowserKind::Chrome, driver).offline().build();
        let driver = manager.launch(capabilities).await?;
        driver.set_script_timeout(PATIENCE).await?;
        driver.set_window_rect(0, 0, 1400, 1000).await?;
        Ok(Self { driver })
    }

    /// Opens the page anew, with a query and a fragment.
    pub async fn open(&self, address: &str) -> WebDriverResult<()> {
        self.go(address).await?;
        self.until(DRAWN).await
    }

    /// The same, and does not wait until something is drawn.
    pub async fn go(&self, address: &str) -> WebDriverResult<()> {
        // A new fragment alone would not load the page again.
        self.driver.goto("about:blank").await?;
        self.driver.goto(format!("{}{address}", server::address())).await
    }

    /// Waits until the JavaScript expression `condition` holds. It is looked at once a frame.
    pub async fn until(&self, condition: &str) -> WebDriverResult<()> {
        let script = format!(
            "const done = arguments[0];
             const look = () => ({condition}) ? done() : requestAnimationFrame(look);
             look();"
        );
        match self.driver.execute_async(script, Vec::new()).await {
            Ok(_) => Ok(()),
            Err(error) => panic!("this never came true: {condition}\n{error}"),
        }
    }

    /// What the JavaScript expression gives.
    pub async fn value(&self, expression: &str) -> WebDriverResult<Value> {
        Ok(self.driver.execute(format!("return {expression};"), Vec::new()).await?.json().clone())
    }

    /// The first element that the CSS selector names, once there is one.
    pub async fn find(&self, selector: &str) -> WebDriverResult<WebElement> {
        self.until(&format!("document.querySelector({})", json!(selector))).await?;
        self.driver.find(By::Css(selector)).await
    }

    /// Makes the window show `width` by `height` CSS pixels.
    pub async fn viewport(&self, width: u32, height: u32) -> WebDriverResult<()> {
        self.driver.cdp().emulation().set_device_metrics_override(width, height, 1.0, false).await
    }

    /// Makes the system ask for light or dark colours.
    pub async fn theme(&self, theme: Theme) -> WebDriverResult<()> {
        let features = json!({ "features": [{ "name": "prefers-color-scheme", "value": theme.name() }] });
        self.driver.cdp().send_raw("Emulation.setEmulatedMedia", features).await?;
        Ok(())
    }

    /// Writes a picture of what the window shows.
    pub async fn picture(&self, path: &Path) -> WebDriverResult<()> {
        if let Some(directory) = path.parent() {
            std::fs::create_dir_all(directory)?;
        }
        self.driver.screenshot(path).await
    }

    /// The errors in the console since the last call: panics, refused scripts, missing files.
    pub async fn errors(&self) -> WebDriverResult<Vec<String>> {
        let entries = self.driver.browser_log().await?;
        Ok(entries.into_iter().filter(|entry| entry.level == "SEVERE").map(|entry| entry.message).collect())
    }

    /// The events that the browser has traced since it began. It traces until this is asked for the first time.
    // The bench asks for it, the stories do not.
    #[allow(dead_code)]
    pub async fn trace(&self) -> WebDriverResult<Vec<Value>> {
        let entries = self.driver.get_log("performance").await?;
        let event = |message: &str| {
            let message: Value = serde_json::from_str(message).ok()?;
            let collected = message["message"]["method"] == "Tracing.dataCollected";
            collected.then(|| message["message"]["params"].clone())
        };
        Ok(entries.iter().filter_map(|entry| event(&entry.message)).collect())
    }

    async fn keep_picture(&self) {
        let name = thread::current().name().unwrap_or("story").replace("::", "-");
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("target/e2e/{name}.png"));
        if self.picture(&path).await.is_ok() {
            println!("what the page showed: {}", path.display());
        }
    }
}
