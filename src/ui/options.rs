//! What the query of the address asks for: how the page is embedded and how it begins.

/// What to show of an object or board in an embed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum EmbedView {
    /// The board.
    #[default]
    Canvas,
    /// The objects as YAML.
    Yaml,
    /// Both, side by side.
    Split,
}

/// The colour theme.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Theme {
    /// As the system has it.
    #[default]
    Auto,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

impl Theme {
    /// The value of the attribute `data-theme`; `None` to follow the system.
    pub fn attribute(self) -> Option<&'static str> {
        match self {
            Theme::Auto => None,
            Theme::Light => Some("light"),
            Theme::Dark => Some("dark"),
        }
    }

    /// The word in an address or in storage.
    pub fn name(self) -> &'static str {
        self.attribute().unwrap_or("auto")
    }

    /// The theme with that name; anything unknown is [`Theme::Auto`].
    pub fn named(name: &str) -> Theme {
        match name {
            "light" => Theme::Light,
            "dark" => Theme::Dark,
            _ => Theme::Auto,
        }
    }
}

/// What the address asks for.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Options {
    /// A frame in another page: no tools, a small bar below, nothing stored.
    pub embed: bool,
    /// The theme; `None` when the address names none.
    pub theme: Option<Theme>,
    /// Whether time runs from the beginning; `None` when the address does not say.
    pub play: Option<bool>,
    /// How fast; `None` when the address does not say, or names no speed between 0.1 and 16.
    pub speed: Option<f64>,
    /// The scenario to begin with.
    pub scenario: Option<String>,
    /// Nothing can be changed; requests can be sent.
    pub read_only: bool,
    /// The bar on top and the tools are left out.
    pub hide_toolbar: bool,
    /// The inspector is left out.
    pub hide_inspector: bool,
    /// The time line and the lists below it are left out.
    pub hide_timeline: bool,
    /// What an embed shows.
    pub view: EmbedView,
}

impl Options {
    /// Reads a query without its `?`. What it does not know it leaves alone.
    pub fn read(query: &str) -> Options {
        let mut options = Options::default();
        for pair in query.split('&') {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let on = matches!(value, "" | "1" | "true");
            match name {
                "embed" => options.embed = on,
                "theme" => options.theme = Some(Theme::named(value)),
                "play" => options.play = Some(on),
                "speed" => options.speed = value.parse().ok().filter(|speed| (0.1..=16.0).contains(speed)),
                "scenario" => options.scenario = Some(value.to_owned()),
                "readonly" => options.read_only = on,
                "hide" => {
                    for part in value.replace("%2C", ",").replace("%2c", ",").split(',') {
                        match part {
                            "toolbar" => options.hide_toolbar = true,
                            "inspector" => options.hide_inspector = true,
                            "timeline" => options.hide_timeline = true,
                            _ => {}
                        }
                    }
                }
                "view" => {
                    options.view = match value {
                        "yaml" => EmbedView::Yaml,
                        "split" => EmbedView::Split,
                        _ => EmbedView::Canvas,
                    }
                }
                _ => {}
            }
        }
        options
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_bindgen_test::wasm_bindgen_test;

    #[wasm_bindgen_test]
    fn an_empty_query_asks_for_nothing() {
        assert_eq!(Options::read(""), Options::default());
    }

    #[wasm_bindgen_test]
    fn every_parameter_is_read() {
        let options =
            Options::read("embed=1&theme=dark&play=0&speed=2&readonly=1&hide=toolbar,timeline&view=split");
        assert!(options.embed && options.read_only && options.hide_toolbar && options.hide_timeline);
        assert!(!options.hide_inspector);
        assert_eq!(options.theme, Some(Theme::Dark));
        assert_eq!(options.play, Some(false));
        assert_eq!(options.speed, Some(2.0));
        assert_eq!(options.view, EmbedView::Split);
    }

    #[wasm_bindgen_test]
    fn a_speed_out_of_range_is_left_alone() {
        assert_eq!(Options::read("speed=1000").speed, None);
        assert_eq!(Options::read("speed=fast").speed, None);
    }
}
