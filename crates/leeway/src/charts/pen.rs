//! What shapes look like: a class on a page, the colours themselves in a mail.

use super::Medium;
use super::scale::tenths;
use maud::{Markup, html};

/// What a shape is for, which decides how it looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ink {
    /// A line to read values by.
    Grid,
    /// The line values start from.
    Axis,
    /// What is measured.
    Line,
    /// Where a measured value may lie.
    Band,
    /// A measured value on a line.
    Point,
    /// An amount.
    Bar,
    /// The outline of what is expected and not measured.
    Expected,
    /// What to reach; long dashes.
    Goal,
    /// What not to exceed; short dashes.
    Limit,
    /// Something good.
    Good,
    /// Something bad.
    Bad,
    /// Where it is good to be.
    GoodZone,
    /// Where it is bad to be.
    BadZone,
    /// Words.
    Words,
    /// The words that matter most.
    Strong,
}

struct Look {
    class: &'static str,
    fill: &'static str,
    stroke: &'static str,
    width: &'static str,
    dashes: Option<&'static str>,
}

const fn look(class: &'static str, fill: &'static str, stroke: &'static str) -> Look {
    Look {
        class,
        fill,
        stroke,
        width: "1.5",
        dashes: None,
    }
}

/// Colours of a mail, on white; words have a contrast of 4.5 to 1 or more, shapes of 3 to 1.
mod mail {
    pub const TEXT: &str = "#1d2333";
    pub const MUTED: &str = "#555d72";
    pub const GRID: &str = "#dfe2ea";
    pub const EDGE: &str = "#838a9c";
    pub const ACCENT: &str = "#3349c4";
    pub const SOFT: &str = "#dfe4f8";
    pub const OK: &str = "#14663a";
    pub const OK_SOFT: &str = "#e2f5e8";
    pub const DANGER: &str = "#b3201f";
    pub const DANGER_SOFT: &str = "#fdeae8";
}

impl Ink {
    fn look(self) -> Look {
        use mail::{ACCENT, DANGER, DANGER_SOFT, EDGE, GRID, MUTED, OK, OK_SOFT, SOFT, TEXT};
        let thick = |look: Look| Look {
            width: "2.5",
            ..look
        };
        let dashed = |dashes, look: Look| Look {
            dashes: Some(dashes),
            ..look
        };
        match self {
            Self::Grid => look("c-grid", "none", GRID),
            Self::Axis => look("c-axis", "none", EDGE),
            Self::Line => thick(look("c-line", "none", ACCENT)),
            Self::Band => look("c-band", SOFT, "#8d9adf"),
            Self::Point => thick(look("c-point", "#ffffff", ACCENT)),
            Self::Bar => look("c-bar", ACCENT, "none"),
            Self::Expected => look("c-expected", "none", ACCENT),
            Self::Goal => dashed("8 5", look("c-goal", "none", OK)),
            Self::Limit => dashed("3 4", look("c-limit", "none", DANGER)),
            Self::Good => look("c-good", OK, OK),
            Self::Bad => look("c-bad", DANGER, DANGER),
            Self::GoodZone => look("c-good-zone", OK_SOFT, "none"),
            Self::BadZone => look("c-bad-zone", DANGER_SOFT, "none"),
            Self::Words => look("c-words", MUTED, "none"),
            Self::Strong => look("c-strong", TEXT, "none"),
        }
    }
}

/// Where words begin, seen from their place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Anchor {
    /// They begin there.
    Start,
    /// They have their middle there.
    Middle,
    /// They end there.
    End,
}

/// Draws for one medium.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pen(pub Medium);

impl Pen {
    /// Shapes, in an ink.
    pub fn draw(self, ink: Ink, shapes: Markup) -> Markup {
        let look = ink.look();
        match self.0 {
            Medium::Page => html! { g class=(look.class) { (shapes) } },
            Medium::Mail => html! {
                g fill=(look.fill) stroke=(look.stroke) stroke-width=(look.width) stroke-dasharray=[look.dashes] { (shapes) }
            },
        }
    }

    /// A straight line.
    pub fn line(self, ink: Ink, from: (f64, f64), to: (f64, f64)) -> Markup {
        self.draw(
            ink,
            html! { line x1=(from.0) y1=(from.1) x2=(to.0) y2=(to.1) {} },
        )
    }

    /// A line through points.
    pub fn polyline(self, ink: Ink, points: impl Iterator<Item = (f64, f64)>) -> Markup {
        self.draw(ink, html! { polyline points=(listed(points)) {} })
    }

    /// An area between points.
    pub fn area(self, ink: Ink, points: impl Iterator<Item = (f64, f64)>) -> Markup {
        self.draw(ink, html! { polygon points=(listed(points)) {} })
    }

    /// Words, their middle at the height of the place.
    pub fn words(self, ink: Ink, anchor: Anchor, place: (f64, f64), words: &str) -> Markup {
        let anchor = match anchor {
            Anchor::Start => None,
            Anchor::Middle => Some("middle"),
            Anchor::End => Some("end"),
        };
        let mail = self.0 == Medium::Mail;
        let size = mail.then_some("18");
        let family = mail.then_some("sans-serif");
        let weight = (mail && ink == Ink::Strong).then_some("bold");
        self.draw(
            ink,
            html! {
                text x=(tenths(place.0)) y=(tenths(place.1)) dy=".35em" text-anchor=[anchor] font-size=[size] font-family=[family] font-weight=[weight] { (words) }
            },
        )
    }
}

fn listed(points: impl Iterator<Item = (f64, f64)>) -> String {
    let places: Vec<String> = points.map(|(x, y)| format!("{x},{y}")).collect();
    places.join(" ")
}
