//! The colours of a picture: those of the page, which stand in assets/styles/tokens.css.

/// The colours of the page in one theme.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Palette(&'static [(&'static str, &'static str)]);

/// The accents of the Services: line, text, tint.
const ACCENTS: [[&str; 3]; 6] = [
    ["svc-1", "svc-1-ink", "svc-1-soft"],
    ["svc-2", "svc-2-ink", "svc-2-soft"],
    ["svc-3", "svc-3-ink", "svc-3-soft"],
    ["svc-4", "svc-4-ink", "svc-4-soft"],
    ["svc-5", "svc-5-ink", "svc-5-soft"],
    ["svc-6", "svc-6-ink", "svc-6-soft"],
];

/// The colours that stand for a Service, or for what belongs to none.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Accent {
    /// Lines and marks.
    pub line: &'static str,
    /// Text, and solid areas.
    pub ink: &'static str,
    /// A tint below text.
    pub soft: &'static str,
}

impl Palette {
    /// The light theme.
    pub const LIGHT: Palette = Palette(&[
        ("canvas", "#F4F5F7"),
        ("lane", "#EEF0F3"),
        ("surface", "#FFFFFF"),
        ("sunken", "#F3F4F7"),
        ("hover", "#E8EBEF"),
        ("line", "#DDE1E7"),
        ("line-strong", "#7E8795"),
        ("ink", "#12161C"),
        ("ink-2", "#434B57"),
        ("ink-3", "#5A6370"),
        ("on-ink", "#FFFFFF"),
        ("warn", "#B26A00"),
        ("warn-ink", "#865000"),
        ("warn-soft", "#FFF5E3"),
        ("bad", "#C9341D"),
        ("bad-ink", "#AE2A16"),
        ("bad-soft", "#FDEEEB"),
        ("near", "#737D8B"),
        ("on-accent", "#FFFFFF"),
        ("svc-1", "#2F55C8"),
        ("svc-1-ink", "#2A4DB8"),
        ("svc-1-soft", "#EAEFFB"),
        ("svc-2", "#2C8F80"),
        ("svc-2-ink", "#1B6E62"),
        ("svc-2-soft", "#E6F3F1"),
        ("svc-3", "#7A1650"),
        ("svc-3-ink", "#7A1650"),
        ("svc-3-soft", "#F6EAF1"),
        ("svc-4", "#8A63DB"),
        ("svc-4-ink", "#6B45BD"),
        ("svc-4-soft", "#F1ECFB"),
        ("svc-5", "#8C7D14"),
        ("svc-5-ink", "#675B07"),
        ("svc-5-soft", "#F4F1E1"),
        ("svc-6", "#0E4468"),
        ("svc-6-ink", "#0E4468"),
        ("svc-6-soft", "#E4F0F2"),
    ]);

    /// The dark theme.
    pub const DARK: Palette = Palette(&[
        ("canvas", "#101318"),
        ("lane", "#141820"),
        ("surface", "#1B2028"),
        ("sunken", "#14181E"),
        ("hover", "#272D37"),
        ("line", "#2C333E"),
        ("line-strong", "#6F7A8A"),
        ("ink", "#EEF1F5"),
        ("ink-2", "#BCC4CF"),
        ("ink-3", "#98A2AF"),
        ("on-ink", "#12161C"),
        ("warn", "#F0A93B"),
        ("warn-ink", "#F3B95F"),
        ("warn-soft", "#2C2416"),
        ("bad", "#FF7A66"),
        ("bad-ink", "#FF9788"),
        ("bad-soft", "#331E1C"),
        ("near", "#8995A4"),
        ("on-accent", "#0F1217"),
        ("svc-1", "#6C9BFF"),
        ("svc-1-ink", "#8DB2FF"),
        ("svc-1-soft", "#1C2740"),
        ("svc-2", "#3FC6A4"),
        ("svc-2-ink", "#58D3B4"),
        ("svc-2-soft", "#172B29"),
        ("svc-3", "#CC6FA3"),
        ("svc-3-ink", "#E59CC3"),
        ("svc-3-soft", "#30202B"),
        ("svc-4", "#B9A4FF"),
        ("svc-4-ink", "#C6B5FF"),
        ("svc-4-soft", "#27233C"),
        ("svc-5", "#D8D650"),
        ("svc-5-ink", "#DEDC6C"),
        ("svc-5-soft", "#2A2B1B"),
        ("svc-6", "#9BE6F2"),
        ("svc-6-ink", "#A9EAF4"),
        ("svc-6-soft", "#1B2D33"),
    ]);

    /// A colour by its name in the style sheet; black for a name that is not there.
    pub fn get(self, name: &str) -> &'static str {
        self.0.iter().find(|(known, _)| *known == name).map_or("#000000", |(_, colour)| colour)
    }

    /// The colours of an accent, 1 to 6; grey for none.
    pub fn accent(self, accent: Option<u8>) -> Accent {
        let names = accent.and_then(|number| ACCENTS.get(usize::from(number).checked_sub(1)?));
        let [line, ink, soft] = names.copied().unwrap_or(["ink-2", "ink-2", "hover"]);
        Accent { line: self.get(line), ink: self.get(ink), soft: self.get(soft) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_colours_are_those_of_the_style_sheet() {
        let sheet = include_str!("../../../assets/styles/tokens.css");
        let both = |name: &str| {
            let rest = sheet.split(&format!("--{name}:")).nth(1).unwrap_or_default();
            let inside =
                rest.split("light-dark(").nth(1).unwrap_or_default().split(')').next().unwrap_or_default();
            inside.split_once(',').map(|(light, dark)| (light.trim().to_owned(), dark.trim().to_owned()))
        };
        assert_eq!(Palette::LIGHT.0.len(), Palette::DARK.0.len());
        for ((name, light), (other, dark)) in Palette::LIGHT.0.iter().zip(Palette::DARK.0) {
            assert_eq!(name, other);
            assert_eq!(both(name), Some(((*light).to_owned(), (*dark).to_owned())), "{name}");
        }
    }
}
