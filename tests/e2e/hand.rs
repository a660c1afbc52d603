//! What a person does on the page, by what things are called: no story knows how the page is built.

use serde_json::json;
use thirtyfour::prelude::*;

use crate::page::Page;

/// Finds what can be pressed or written in by its name: the label, else the text.
const FIND: &str = "
    const [selector, name] = arguments;
    const nameOf = (e) => (e.getAttribute('aria-label') ?? (e.labels?.[0] ?? e).textContent).trim().replace(/\\s+/g, ' ');
    const seen = (e) => e.getClientRects().length && getComputedStyle(e).visibility !== 'hidden';
    const scope = document.querySelector('dialog[open]') ?? document;
    const all = [...scope.querySelectorAll(selector)].filter(seen);
    return all.find((e) => nameOf(e) === name) ?? all.find((e) => nameOf(e).startsWith(name)) ?? null;";

const BUTTONS: &str = "button, [role=button], [role=menuitem], [role=menuitemradio], [role=tab]";
const FIELDS: &str = "input, textarea, select, [role=textbox]";

impl Page {
    /// The first thing of these that has the name, once there is one.
    pub async fn named(&self, selector: &str, name: &str) -> WebDriverResult<WebElement> {
        let look = format!("(function() {{ {FIND} }})({}, {})", json!(selector), json!(name));
        self.until(&look).await?;
        self.driver.execute(FIND, vec![json!(selector), json!(name)]).await?.element()
    }

    /// Presses a button, a tab or an item of a menu.
    pub async fn press(&self, name: &str) -> WebDriverResult<()> {
        // A page that is drawn again while the pointer is on its way puts another element in the place.
        for _ in 0..3 {
            match self.named(BUTTONS, name).await?.click().await {
                Err(error) if is_passing(&error) => continue,
                done => return done,
            }
        }
        self.named(BUTTONS, name).await?.click().await
    }

    /// Presses an item of a menu, which is opened first.
    pub async fn choose(&self, menu: &str, item: &str) -> WebDriverResult<()> {
        self.press(menu).await?;
        self.press(item).await
    }

    /// Writes a text into a field in place of what it holds, as pasting does.
    pub async fn fill(&self, field: &str, text: &str) -> WebDriverResult<()> {
        let field = self.named(FIELDS, field).await?;
        let script = "const [field, text] = arguments;
            field.focus();
            if (field.isContentEditable) {
                field.dispatchEvent(new KeyboardEvent('keydown', { key: 'a', keyCode: 65, ctrlKey: true, bubbles: true }));
                const clipboardData = new DataTransfer();
                clipboardData.setData('text/plain', text);
                field.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }));
                return;
            }
            field.value = text;
            field.dispatchEvent(new Event(field.localName === 'select' ? 'change' : 'input', { bubbles: true }));";
        self.driver.execute(script, vec![field.to_json()?, json!(text)]).await?;
        Ok(())
    }

    /// Waits until a card's name holds `text`.
    pub async fn until_card(&self, name: &str, text: &str) -> WebDriverResult<()> {
        let names = "[...document.querySelectorAll('main article')].map((e) => e.getAttribute('aria-label'))";
        self.until(&format!(
            "{names}.some((name) => name.startsWith({}) && name.includes({}))",
            json!(name),
            json!(text)
        ))
        .await
    }

    /// Waits until the page shows `text`.
    pub async fn until_text(&self, text: &str) -> WebDriverResult<()> {
        self.until(&format!("document.body.innerText.includes({})", json!(text))).await
    }

    /// What the board says: the names of all cards, in order.
    pub async fn board(&self) -> WebDriverResult<Vec<String>> {
        let names =
            "[...document.querySelectorAll('main article')].map((e) => e.getAttribute('aria-label')).sort()";
        Ok(serde_json::from_value(self.value(names).await?)?)
    }

    /// Presses keys with nothing in focus: `z` with Control and so on.
    pub async fn keys(&self, keys: impl Into<TypingData>) -> WebDriverResult<()> {
        self.driver.execute("document.activeElement?.blur()", Vec::new()).await?;
        self.driver.action_chain().send_keys(keys).perform().await
    }

    /// Presses a key while Control is held.
    pub async fn control(&self, key: char) -> WebDriverResult<()> {
        self.driver.execute("document.activeElement?.blur()", Vec::new()).await?;
        self.driver.action_chain().key_down(Key::Control).send_keys(key).key_up(Key::Control).perform().await
    }

    /// Puts the legend away, which greets those who come for the first time.
    pub async fn begin(&self) -> WebDriverResult<()> {
        self.press("To the board").await?;
        self.until("!document.querySelector('dialog[open]')").await
    }

    /// Holds time.
    pub async fn pause(&self) -> WebDriverResult<()> {
        self.press("Playing, pause").await?;
        self.until_button("Paused, play").await
    }

    /// Waits until a button of this name is there.
    pub async fn until_button(&self, name: &str) -> WebDriverResult<()> {
        self.named(BUTTONS, name).await.map(|_| ())
    }

    /// Sends a request from the composer and waits for its outcome.
    pub async fn send(&self, from: &str, url: &str) -> WebDriverResult<String> {
        let sent =
            "Number(document.querySelector('[role=tab][data-tab=requests]').textContent.match(/\\d+/) ?? 0)";
        let from_value = format!(
            "[...document.querySelectorAll('select[aria-label=From] option')].find((o) => o.textContent.startsWith({}))?.value",
            json!(from)
        );
        self.until(&from_value).await?;
        let value = self.value(&from_value).await?;
        self.fill("From", value.as_str().unwrap_or_default()).await?;
        self.fill("URL, or host and port", url).await?;
        let before = self.value(sent).await?.as_u64().unwrap_or(0);
        self.press("Send").await?;
        // The same request may be repeated meanwhile, and ends alike; another client's may not.
        let row = format!(
            "[...document.querySelectorAll('.reqs .rq')].findLast((e) =>
                Number(e.querySelector('.num').textContent.slice(1)) > {before} &&
                e.querySelector('.from').textContent.endsWith({}) &&
                e.querySelector('.url').textContent.endsWith({}))",
            json!(from),
            json!(url)
        );
        self.until(&format!("{row} && !{row}.innerText.includes('under way')")).await?;
        let outcome = self.value(&format!("{row}.querySelector('.out').innerText")).await?;
        Ok(outcome.as_str().unwrap_or_default().trim().to_owned())
    }

    /// Opens an address in a new window of the same browser and goes there.
    pub async fn open_beside(&self, address: &str) -> WebDriverResult<()> {
        let window = self.driver.new_window().await?;
        self.driver.switch_to_window(window).await?;
        self.driver.set_window_rect(0, 0, 1400, 1000).await?;
        self.driver.goto(address).await?;
        self.until("window.wasmBindings && document.body.innerText.trim()").await
    }
}

fn is_passing(error: &WebDriverError) -> bool {
    let text = error.to_string();
    ["stale", "intercepted", "not interactable"].iter().any(|word| text.contains(word))
}
