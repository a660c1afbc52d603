use std::rc::Rc;

use super::*;
use crate::api::text;
use crate::scene::scene;
use crate::session::{Command, scenarios};

/// The names of the elements and the texts of a picture; panics where it is no well-formed XML.
fn parse(svg: &str) -> (Vec<String>, Vec<String>) {
    let (mut open, mut names, mut texts): (Vec<String>, Vec<String>, Vec<String>) = Default::default();
    let mut rest = svg;
    while let Some((before, after)) = rest.split_once('<') {
        assert!(!before.contains('>'), "a bare > in {before}");
        if !before.trim().is_empty() {
            assert!(!open.is_empty(), "text outside of the picture: {before}");
            texts.push(unescape(before));
        }
        let (tag, tail) = after.split_once('>').expect("every tag is closed");
        rest = tail;
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop().as_deref(), Some(name));
            continue;
        }
        let closed = tag.ends_with('/');
        let tag = tag.trim_end_matches('/');
        let (name, attributes) = tag.split_once(' ').unwrap_or((tag, ""));
        assert!(name.chars().all(|c| c.is_ascii_alphabetic()), "{tag}");
        check_attributes(attributes);
        names.push(name.to_owned());
        if !closed {
            open.push(name.to_owned());
        }
    }
    assert!(open.is_empty() && rest.trim().is_empty(), "{open:?} {rest}");
    (names, texts)
}

fn check_attributes(text: &str) {
    let mut rest = text.trim();
    let mut seen = Vec::new();
    while !rest.is_empty() {
        let (name, after) = rest.split_once("=\"").unwrap_or_else(|| panic!("no attribute: {rest}"));
        assert!(name.trim().chars().all(|c| c.is_ascii_alphanumeric() || c == '-'), "{name}");
        assert!(!seen.contains(&name.trim()), "twice: {name} in {text}");
        seen.push(name.trim());
        let (value, after) = after.split_once('"').expect("every value is closed");
        unescape(value);
        rest = after.trim();
    }
}

fn unescape(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        let (name, tail) = after.split_once(';').expect("an & begins an entity");
        out.push_str(before);
        out.push_str(match name {
            "amp" => "&",
            "lt" => "<",
            "gt" => ">",
            "quot" => "\"",
            other => panic!("unknown entity {other}"),
        });
        rest = tail;
    }
    out + rest
}

fn views() -> impl Iterator<Item = View> {
    [Level::Full, Level::Compact, Level::Overview].into_iter().map(|level| View { level, ..View::default() })
}

#[test]
fn every_scenario_is_well_formed_at_every_level_and_shows_every_card() {
    for scenario in scenarios::all() {
        let session = Session::open(scenario.recording(1));
        for view in views() {
            let scene = scene(&session, &view);
            for palette in [Palette::LIGHT, Palette::DARK] {
                let svg = picture(&scene, palette, None, session.now());
                let (names, texts) = parse(&svg);
                assert_eq!(names.iter().filter(|name| *name == "svg").count(), 1);
                assert!(!svg.contains("var(") && !svg.contains("currentColor") && !svg.contains("href"));
                let begins = |name: &str| {
                    let start: String = name.chars().take(3).collect();
                    texts.iter().any(|text| text.starts_with(&start))
                };
                for card in &scene.services {
                    assert!(begins(&card.name), "{}: {} is missing", scenario.name, card.name);
                }
                for node in &scene.nodes {
                    assert!(begins(&node.name), "{}: {} is missing", scenario.name, node.name);
                    for pod in &node.pods {
                        assert!(begins(&pod.name()), "{}: {} is missing", scenario.name, pod.name());
                    }
                }
                for edge in scene.edges.iter() {
                    assert!(begins(&edge.name), "{}: {} is missing", scenario.name, edge.name);
                }
            }
        }
    }
}

#[test]
fn the_whole_board_lies_within_the_picture() {
    let session = Session::open(scenarios::find("first").expect("it is listed").recording(1));
    let scene = scene(&session, &View::default());
    let area = whole(&scene);
    let inside = |rect: &Rect| {
        area.x <= rect.x && area.y <= rect.y && rect.right() <= area.right() && rect.bottom() <= area.bottom()
    };
    assert!(scene.services.iter().all(|card| inside(&card.whole)));
    assert!(scene.nodes.iter().all(|node| inside(&node.rect)));
}

#[test]
fn labels_with_markup_stay_data() {
    let mut session = Session::new(1);
    // The API server refuses such labels; what it keeps may still hold anything.
    let yaml = "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\nspec:\n  type: ExternalName\n  externalName: a.example\n";
    let documents = text::read(yaml, "default").documents.into_iter().map(|it| it.value).collect();
    session.dispatch(Command::Apply { documents, namespace: "default".to_owned() });
    let mut scene = (*scene(&session, &View::default())).clone();
    let bad = "</text><script>alert(1)</script>&\"'\u{7}";
    for card in &mut scene.services {
        let card = Rc::make_mut(card);
        card.name = bad.to_owned();
        card.badge = bad.to_owned();
        card.selector.push((bad.to_owned(), bad.to_owned()));
    }
    for node in &mut scene.nodes {
        Rc::make_mut(node).name = bad.to_owned();
    }
    let (names, texts) = parse(&picture(&scene, Palette::LIGHT, None, session.now()));
    assert!(
        names.iter().all(|name| ["svg", "title", "desc", "rect", "circle", "path", "text", "tspan", "g"]
            .contains(&name.as_str())),
        "{names:?}"
    );
    assert!(texts.iter().any(|text| text.starts_with("</text><script>")), "{texts:?}");
}
