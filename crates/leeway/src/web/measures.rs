//! What is measured of a workflow, each number with its base.

use leeway_core::govern::workflow::Metric;
use leeway_store::Measures;
use maud::{Markup, html};

const ALL: [Metric; 8] = [
    Metric::Volume,
    Metric::RanAlone,
    Metric::ApprovedUnchanged,
    Metric::Edited,
    Metric::Rejected,
    Metric::Unanswered,
    Metric::Failed,
    Metric::TimeToDecide,
];

/// The card of a workflow's measures over so many days; all of them when it names none.
pub fn card(metrics: &[Metric], measures: &Measures, days: u32) -> Markup {
    let shown = if metrics.is_empty() { &ALL } else { metrics };
    html! { section.card aria-labelledby="measured-t" {
        header { h2 #measured-t { "How it goes" } span.sub { "last " (days) " days" } }
        dl.kv { @for metric in shown { div { dt { (metric.title()) } dd { (value(*metric, measures)) } } } }
    } }
}

fn value(metric: Metric, measures: &Measures) -> String {
    let m = measures;
    let of = |part: u64, base: u64, what: &str| match base {
        0 => format!("none {what} yet"),
        _ => format!("{part} of {base} {what}"),
    };
    match metric {
        Metric::Volume => m.volume.to_string(),
        Metric::RanAlone => of(m.ran_alone, m.ran, "that ran"),
        Metric::ApprovedUnchanged => {
            let unchanged = m.decided.saturating_sub(m.edited + m.rejected);
            of(unchanged, m.decided, "decided")
        }
        Metric::Edited => of(m.edited, m.decided, "decided"),
        Metric::Rejected => of(m.rejected, m.decided, "decided"),
        Metric::Unanswered => of(m.unanswered, m.volume, "proposed"),
        Metric::Failed => of(m.failed, m.ran, "that ran"),
        Metric::TimeToDecide => m.median_decision_ms.map_or_else(
            || "not measured yet".to_owned(),
            |ms| format!("{} s, the median", (ms + 500) / 1000),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_has_its_base() {
        let measures = Measures {
            volume: 20,
            ran: 12,
            ran_alone: 6,
            failed: 1,
            decided: 8,
            edited: 1,
            rejected: 2,
            unanswered: 1,
            median_decision_ms: Some(30_600),
        };
        let told = ALL.map(|metric| value(metric, &measures));
        assert_eq!(
            told,
            [
                "20",
                "6 of 12 that ran",
                "5 of 8 decided",
                "1 of 8 decided",
                "2 of 8 decided",
                "1 of 20 proposed",
                "1 of 12 that ran",
                "31 s, the median"
            ]
        );
        assert_eq!(
            value(Metric::Edited, &Measures::default()),
            "none decided yet"
        );
    }
}
