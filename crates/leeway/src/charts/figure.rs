//! What every chart is wrapped in: the drawing with a title and its conclusion, a caption, and the numbers as
//! a table.

use super::frame::WIDTH;
use super::pen::Pen;
use super::scale::thin;
use super::{Medium, NOTHING};
use maud::{Markup, html};

/// Most rows of a table, on a page.
const MOST_ROWS: usize = 40;

/// Most rows in a mail, where every table is open.
const MOST_MAIL_ROWS: usize = 16;

/// What a chart says in words.
pub(super) struct Words<'a> {
    /// Begins every id inside.
    pub id: &'a str,
    /// What is shown.
    pub title: &'a str,
    /// What it shows, one sentence.
    pub conclusion: &'a str,
    /// How to read it; empty when the labels say it all.
    pub key: &'a str,
}

/// The numbers behind a drawing.
pub(super) struct Table {
    caption: String,
    head: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// The table of these things; of many, the first, the last and the extremes of `value`.
    pub fn of<T>(
        (pen, caption): (Pen, &str),
        head: &[&str],
        things: &[T],
        value: impl Fn(&T) -> f64,
        row: impl Fn(&T) -> Vec<String>,
    ) -> Self {
        let most = match pen.0 {
            Medium::Page => MOST_ROWS,
            Medium::Mail => MOST_MAIL_ROWS,
        };
        let kept = thin(things, most, value);
        let caption = if kept.len() < things.len() {
            let (some, all) = (kept.len(), things.len());
            format!("{caption}: {some} of {all} rows, the ends and the extremes")
        } else {
            caption.to_owned()
        };
        Self {
            caption,
            head: head.iter().map(|&name| name.to_owned()).collect(),
            rows: kept.into_iter().map(row).collect(),
        }
    }

    fn markup(&self, medium: Medium) -> Markup {
        let mail = medium == Medium::Mail;
        let (padding, left, right) = (
            mail.then_some("4"),
            mail.then_some("left"),
            mail.then_some("right"),
        );
        let align = |column: usize| if column == 0 { left } else { right };
        html! { table cellpadding=[padding] style=[mail.then_some("width:100%;max-width:480px;font-size:14px")] {
            caption style=[mail.then_some("text-align:left")] { (self.caption) }
            thead { tr { @for (column, name) in self.head.iter().enumerate() { th scope="col" align=[align(column)] { (name) } } } }
            tbody { @for row in &self.rows { tr {
                @for (column, cell) in row.iter().enumerate() {
                    @if column == 0 { th scope="row" align=[left] { (cell) } }
                    @else { td align=[right] { (cell) } }
                }
            } } }
        } }
    }
}

/// The whole of a chart: a drawing of this height, and its table.
pub(super) fn figure(
    pen: Pen,
    words: &Words,
    height: f64,
    drawing: &Markup,
    table: &Table,
) -> Markup {
    let (title, desc) = (format!("{}-title", words.id), format!("{}-desc", words.id));
    let mail = pen.0 == Medium::Mail;
    let (width, style) = (mail.then_some("100%"), mail.then_some("max-width:480px"));
    html! { figure.chart #(words.id) style=[mail.then_some("margin:0 0 24px")] {
        figcaption {
            strong { (words.title) } " " @if mail { br; }
            span.sub { (words.conclusion) @if !words.key.is_empty() { " " (words.key) } }
        }
        svg viewBox={ "0 0 " (WIDTH) " " (height) } width=[width] style=[style] role="img" aria-labelledby={ (title) " " (desc) } {
            title #(title) { (words.title) }
            desc #(desc) { (words.conclusion) }
            // Words on it are for a white ground, which a mail reader may not have.
            @if mail { rect width=(WIDTH) height=(height) fill="#ffffff" {} }
            (drawing)
        }
        @if mail { (table.markup(pen.0)) }
        @else { details { summary { "The numbers" } (table.markup(pen.0)) } }
    } }
}

/// A chart without anything to draw.
pub(super) fn nothing(id: &str, title: &str) -> Markup {
    html! { figure.chart #(id) { figcaption { strong { (title) } " " span.sub { (NOTHING) } } } }
}
