//! Evidence as charts: SVG drawn here, without a script, each with its conclusion in words and the same
//! numbers as a table. Colour is never the only signal, and what is not a finite number is left out.
//!
//! An `id` is unique on its page and has no spaces; the ids inside a chart begin with it.

mod accuracy;
mod cusum;
mod figure;
mod frame;
mod load;
mod number;
mod pen;
mod reliability;
mod scale;
mod sequential;
mod spark;
#[cfg(test)]
mod tests;
mod waterfall;

pub use accuracy::{AccuracyPoint, accuracy};
pub use cusum::cusum;
pub use load::{LoadBar, load};
pub use number::number;
pub use number::{day, percent};
pub use reliability::{ReliabilityBucket, reliability};
pub use sequential::{SequentialPath, sequential};
pub use spark::spark;
pub use waterfall::{Step, waterfall};

/// Where a chart is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Medium {
    /// On a page: colours and sizes come from the style sheet, light or dark.
    Page,
    /// In a mail: no style sheet, so they are written on the shapes, for a white ground, and the table is
    /// open.
    Mail,
}

/// What a chart says as long as there is nothing to draw.
const NOTHING: &str = "Nothing was reviewed yet.";
