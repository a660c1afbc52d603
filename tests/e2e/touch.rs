//! Fingers on the screen: real touches, as Chromium gets them from a touch screen.

use serde_json::{Value, json};
use thirtyfour::error::WebDriverResult;

use crate::page::Page;

/// A place in the window, in CSS pixels.
pub type Place = (f64, f64);

impl Page {
    /// Makes the window that of a phone: this size, touched by fingers, with a coarse pointer.
    pub async fn phone(&self, width: u32, height: u32) -> WebDriverResult<()> {
        let metrics = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": true });
        self.driver.cdp().send_raw("Emulation.setDeviceMetricsOverride", metrics).await?;
        let touch = json!({ "enabled": true, "maxTouchPoints": 5 });
        self.driver.cdp().send_raw("Emulation.setTouchEmulationEnabled", touch).await?;
        Ok(())
    }

    /// One event of a touch screen: `touchStart`, `touchMove` or `touchEnd`, with all fingers that are down.
    pub async fn touch(&self, event: &str, fingers: &[Place]) -> WebDriverResult<()> {
        let points: Vec<Value> =
            fingers.iter().enumerate().map(|(id, (x, y))| json!({ "x": x, "y": y, "id": id })).collect();
        let event = json!({ "type": event, "touchPoints": points });
        self.driver.cdp().send_raw("Input.dispatchTouchEvent", event).await?;
        Ok(())
    }

    /// Touches a place and lets go.
    pub async fn tap_at(&self, place: Place) -> WebDriverResult<()> {
        self.touch("touchStart", &[place]).await?;
        self.touch("touchEnd", &[]).await
    }

    /// Touches the middle of what a JavaScript expression gives.
    pub async fn tap(&self, element: &str) -> WebDriverResult<()> {
        let middle = self.middle(element).await?;
        self.tap_at(middle).await
    }

    /// Touches something until it has an effect: right after a swipe, Chromium takes a touch for the end of the swipe.
    pub async fn tap_until(&self, element: &str, effect: &str) -> WebDriverResult<()> {
        let soon = format!(
            "const done = arguments[0];
             const look = (frames) => ({effect}) ? done(true) : frames ? requestAnimationFrame(() => look(frames - 1)) : done(false);
             look(60);"
        );
        for _ in 0..5 {
            self.tap(element).await?;
            if self.driver.execute_async(&soon, Vec::new()).await?.json() == true {
                return Ok(());
            }
        }
        panic!("touching {element} five times had no effect: {effect}");
    }

    /// Touches a button by its name.
    pub async fn tap_button(&self, name: &str) -> WebDriverResult<()> {
        let element = format!(
            "[...document.querySelectorAll('button, [role=tab], [role=menuitem], [role=menuitemradio]')].find((e) =>
                e.getClientRects().length && (e.getAttribute('aria-label') ?? e.textContent).trim().startsWith({}))",
            json!(name)
        );
        self.tap(&element).await
    }

    /// Moves one finger from one place to another and lets go.
    pub async fn swipe(&self, from: Place, to: Place) -> WebDriverResult<()> {
        self.move_fingers(&[(from, to)]).await
    }

    /// Moves several fingers at once and lets go.
    pub async fn move_fingers(&self, ways: &[(Place, Place)]) -> WebDriverResult<()> {
        const STEPS: u32 = 8;
        for step in 0..=STEPS {
            let share = f64::from(step) / f64::from(STEPS);
            let at = |(from, to): &(Place, Place)| {
                (from.0 + (to.0 - from.0) * share, from.1 + (to.1 - from.1) * share)
            };
            let fingers: Vec<Place> = ways.iter().map(at).collect();
            self.touch(if step == 0 { "touchStart" } else { "touchMove" }, &fingers).await?;
        }
        self.touch("touchEnd", &[]).await
    }

    /// The middle of what a JavaScript expression gives, once it is there, stands still and nothing lies over it.
    pub async fn middle(&self, element: &str) -> WebDriverResult<Place> {
        let place = format!(
            "(() => {{
                const element = {element};
                if (!element) return null;
                if (element.closest('[role=menu]')) element.scrollIntoView({{ block: 'nearest' }});
                const {{ x, y, width, height }} = element.getBoundingClientRect();
                const [left, top] = [x + width / 2, y + height / 2];
                const key = [left, top].join();
                window.stillFor = window.lastMiddle === key ? window.stillFor + 1 : 0;
                window.lastMiddle = key;
                const hit = document.elementFromPoint(left, top);
                return window.stillFor > 4 && element.contains(hit) ? [left, top] : null;
            }})()"
        );
        self.until(&format!("(window.foundMiddle = {place})")).await?;
        let place = self.value("window.foundMiddle").await?;
        Ok((place[0].as_f64().unwrap_or(0.0), place[1].as_f64().unwrap_or(0.0)))
    }
}
