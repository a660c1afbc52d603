//! Writes the elements of an SVG picture. Every text goes through here and is escaped.

use std::fmt::Write as _;

use super::palette::Palette;
use crate::scene::geometry::{Path, Rect};

/// The icons and marks of the page; each is a symbol with an id.
const SPRITE: &str = include_str!("../../../assets/icons/sprite.svg");

const SANS: &str = "-apple-system, BlinkMacSystemFont, 'Segoe UI', Roboto, 'Noto Sans', Ubuntu, Cantarell, \
    'Liberation Sans', 'DejaVu Sans Condensed', sans-serif";
const MONO: &str =
    "ui-monospace, SFMono-Regular, Menlo, Consolas, 'Liberation Mono', 'DejaVu Sans Mono', monospace";

/// How a text is set.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Type {
    /// In pixels.
    pub size: f64,
    /// Whether every letter is as wide as the others.
    pub mono: bool,
    /// Whether it is strong.
    pub bold: bool,
}

/// Headings of cards.
pub const HEADING: Type = Type { size: 13.0, mono: false, bold: true };
/// Names of Pods, lanes and small cards.
pub const NAME: Type = Type { size: 12.0, mono: false, bold: true };
/// Captions, words of state.
pub const CAPTION: Type = Type { size: 11.0, mono: false, bold: false };
/// Captions that tell of trouble.
pub const STRONG: Type = Type { size: 11.0, mono: false, bold: true };
/// Addresses, labels, ports.
pub const CODE: Type = Type { size: 11.0, mono: true, bold: false };

impl Type {
    /// About how wide a text is, in pixels. What a browser measures may differ by a few.
    pub fn width(self, text: &str) -> f64 {
        let letter = match (self.mono, self.bold) {
            (true, _) => 0.602,
            (false, true) => 0.58,
            (false, false) => 0.52,
        };
        text.chars().count() as f64 * self.size * letter
    }

    /// The text, cut at its end with an ellipsis where it would be wider than `room`.
    pub fn cut(self, text: &str, room: f64) -> String {
        if self.width(text) <= room {
            return text.to_owned();
        }
        let letters = (room / self.width("x")).floor().max(1.0) as usize;
        text.chars().take(letters.saturating_sub(1)).chain(['…']).collect()
    }
}

/// Where a text is held.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Anchor {
    /// At its left.
    Start,
    /// In its middle.
    Middle,
    /// At its right.
    End,
}

/// How an area or a line is drawn. `None` and 0 leave it out.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Paint<'a> {
    /// Inside.
    pub fill: Option<&'a str>,
    /// The line.
    pub stroke: Option<&'a str>,
    /// How thick the line is.
    pub width: f64,
    /// The lengths of dashes and gaps; empty for a whole line.
    pub dash: &'a str,
    /// How much of what is below shows through: 0 all, 1 nothing; 0 counts as 1.
    pub opacity: f64,
}

impl<'a> Paint<'a> {
    /// An area.
    pub fn fill(colour: &'a str) -> Paint<'a> {
        Paint { fill: Some(colour), ..Paint::default() }
    }

    /// A line.
    pub fn line(colour: &'a str, width: f64) -> Paint<'a> {
        Paint { stroke: Some(colour), width, ..Paint::default() }
    }

    /// The same with a border.
    pub fn border(self, colour: &'a str, width: f64) -> Paint<'a> {
        Paint { stroke: Some(colour), width, ..self }
    }

    /// The same with dashes.
    pub fn dash(self, dash: &'a str) -> Paint<'a> {
        Paint { dash, ..self }
    }

    /// The same, letting what is below show through.
    pub fn opacity(self, opacity: f64) -> Paint<'a> {
        Paint { opacity, ..self }
    }
}

/// The picture as far as it is written.
pub struct Pen {
    /// The colours.
    pub palette: Palette,
    out: String,
}

impl Pen {
    /// An empty sheet.
    pub fn new(palette: Palette) -> Pen {
        Pen { palette, out: String::new() }
    }

    /// What was written.
    pub fn finish(self) -> String {
        self.out
    }

    /// Writes markup as it is.
    pub fn raw(&mut self, markup: &str) {
        self.out.push_str(markup);
    }

    /// Opens an element with attributes whose values are escaped.
    pub fn open(&mut self, name: &str, attributes: &[(&str, &str)]) {
        self.element(name, attributes);
        self.out.push('>');
    }

    /// Writes text, escaped.
    pub fn data(&mut self, text: &str) {
        escape(text, &mut self.out);
    }

    fn element(&mut self, name: &str, attributes: &[(&str, &str)]) {
        self.out.push('<');
        self.out.push_str(name);
        for (name, value) in attributes {
            self.out.push(' ');
            self.out.push_str(name);
            self.out.push_str("=\"");
            escape(value, &mut self.out);
            self.out.push('"');
        }
    }

    fn painted(&mut self, name: &str, shape: &[(&str, &str)], paint: Paint) {
        self.element(name, shape);
        let width = number(paint.width);
        let opacity = number(paint.opacity);
        let mut more = vec![("fill", paint.fill.unwrap_or("none"))];
        if let Some(stroke) = paint.stroke {
            more.extend([("stroke", stroke), ("stroke-width", &width), ("stroke-linejoin", "round")]);
        }
        if !paint.dash.is_empty() {
            more.extend([("stroke-dasharray", paint.dash), ("stroke-linecap", "round")]);
        }
        if paint.opacity > 0.0 {
            more.push(("opacity", &opacity));
        }
        for (name, value) in more {
            // Writing to a String does not fail.
            let _ = write!(self.out, " {name}=\"{value}\"");
        }
        self.out.push_str("/>");
    }

    /// A rectangle with round corners.
    pub fn rect(&mut self, rect: Rect, radius: f64, paint: Paint) {
        let [x, y, w, h, r] = [rect.x, rect.y, rect.w.max(0.0), rect.h.max(0.0), radius].map(number);
        self.painted("rect", &[("x", &x), ("y", &y), ("width", &w), ("height", &h), ("rx", &r)], paint);
    }

    /// A circle.
    pub fn circle(&mut self, x: f64, y: f64, radius: f64, paint: Paint) {
        let [x, y, r] = [x, y, radius].map(number);
        self.painted("circle", &[("cx", &x), ("cy", &y), ("r", &r)], paint);
    }

    /// A line.
    pub fn path(&mut self, path: &Path, paint: Paint) {
        if path.points().len() > 1 {
            self.painted("path", &[("d", &path.to_svg())], paint);
        }
    }

    /// A text whose middle is at the height `y`.
    pub fn text(&mut self, (x, y): (f64, f64), text: &str, of: Type, colour: &str, anchor: Anchor) {
        let [x, y, size] = [x, y + of.size * 0.36, of.size].map(number);
        let mut attributes = vec![
            ("x", x.as_str()),
            ("y", &y),
            ("font-family", if of.mono { MONO } else { SANS }),
            ("font-size", &size),
            ("fill", colour),
        ];
        if of.bold {
            attributes.push(("font-weight", "600"));
        }
        match anchor {
            Anchor::Start => {}
            Anchor::Middle => attributes.push(("text-anchor", "middle")),
            Anchor::End => attributes.push(("text-anchor", "end")),
        }
        self.open("text", &attributes);
        self.data(text);
        self.raw("</text>");
    }

    /// A text with another one behind it that is not strong.
    pub fn text_and_more(&mut self, at: (f64, f64), texts: [&str; 2], of: Type, colours: [&str; 2]) {
        self.text(at, texts[0], of, colours[0], Anchor::Start);
        // Within the same element, so that the two stand apart by a space, however wide the letters are.
        let end = self.out.len().saturating_sub("</text>".len());
        self.out.truncate(end);
        self.open("tspan", &[("font-weight", "400"), ("fill", colours[1])]);
        self.data(" ");
        self.data(texts[1]);
        self.raw("</tspan></text>");
    }

    /// A symbol of the page with its top left corner at a place, `size` pixels large; `colour` is its own.
    pub fn symbol(&mut self, id: &str, (x, y): (f64, f64), size: f64, colour: &str) {
        let Some((side, inside)) = symbol(id) else { return };
        let place = format!("translate({} {}) scale({})", number(x), number(y), size / side);
        let is_icon = id.starts_with("i-");
        let (stroke, width) = if is_icon { (colour, "1.6") } else { ("none", "1") };
        self.open(
            "g",
            &[
                ("transform", &place),
                ("fill", "none"),
                ("stroke", stroke),
                ("stroke-width", width),
                ("stroke-linecap", "round"),
                ("stroke-linejoin", "round"),
            ],
        );
        let resolved = self.resolve(inside, colour);
        self.raw(&resolved);
        self.raw("</g>");
    }

    /// Puts colours in place of `var(--name)`, `var(--name, other)` and `currentColor`.
    fn resolve(&self, markup: &str, colour: &str) -> String {
        let mut out = String::with_capacity(markup.len());
        let mut rest = markup;
        while let Some((before, after)) = rest.split_once("var(--") {
            out.push_str(before);
            let (inside, tail) = split_closing(after);
            // What only an element sets has its fall-back.
            let name = inside.rsplit_once("var(--").map_or(inside, |(_, inner)| inner.trim_end_matches(')'));
            out.push_str(self.palette.get(name));
            rest = tail;
        }
        out.push_str(rest);
        out.replace("currentColor", colour)
    }
}

/// What stands up to the bracket that closes, and what is behind it.
fn split_closing(text: &str) -> (&str, &str) {
    let mut depth = 1_u32;
    for (at, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return (text.get(..at).unwrap_or(""), text.get(at + 1..).unwrap_or(""));
        }
    }
    (text, "")
}

/// The side of a symbol and what it draws.
fn symbol(id: &str) -> Option<(f64, &'static str)> {
    let (_, rest) = SPRITE.split_once(&format!("<symbol id=\"{id}\" viewBox=\"0 0 "))?;
    let (side, rest) = rest.split_once(' ')?;
    let (_, rest) = rest.split_once('>')?;
    let (inside, _) = rest.split_once("</symbol>")?;
    Some((side.parse().ok()?, inside))
}

/// A number to a tenth.
pub fn number(value: f64) -> String {
    let text = format!("{value:.1}");
    text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
}

fn escape(text: &str, out: &mut String) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            // XML has no such characters, not even escaped.
            c if c.is_control() && !matches!(c, '\n' | '\t') => out.push('\u{fffd}'),
            '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
}
