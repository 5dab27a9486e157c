//! `book-tool timeline`: a recorded trace as a figure: lanes as an SVG, the same as a table, a caption.
//!
//! The table is all that the board on the page (book/theme/js/board.js) knows of the run: what is played and what is read
//! aloud are one thing. Without JavaScript and in print the lanes stand by themselves.
//!
//! Must not know: Markdown, other than that HTML without a blank line passes through it.

use std::fmt::Write;
use std::time::Duration;

use anyhow::Result;
use clap::Args;
use pool_lib::{SvgLabels, Trace};

use crate::layout::Layout;
use crate::output::escape;
use crate::progress::length;
use crate::story::{self, Step, What};

/// `book-tool timeline`
#[derive(Debug, Args)]
pub(crate) struct Drawing {
    /// The sample's name
    name: String,
    /// What to take away from it, in plain text
    #[arg(long, value_name = "TEXT")]
    caption: String,
    /// Which pool, counted from 1, if the sample has several
    #[arg(long, value_name = "NUMBER")]
    pool: Option<usize>,
}

/// Longer days are drawn and summed up, not told step by step.
const STEPS_MAX: usize = 500;

/// The figure.
pub(crate) fn figure(layout: &Layout, wanted: &Drawing) -> Result<String> {
    let trace = story::trace(layout, &wanted.name, wanted.pool)?;
    let mut id = format!("timeline-{}", wanted.name);
    if let Some(pool) = wanted.pool {
        let _ = write!(id, "-{pool}");
    }
    Ok(html(&trace, &id, &wanted.caption))
}

fn html(trace: &Trace, id: &str, caption: &str) -> String {
    let timeline = trace.timeline();
    let labels =
        SvgLabels { waiting: "Lobby", worker: &|slot| story::desk(slot), task: &story::slip };
    let svg = timeline.to_svg(&labels);
    let steps = story::steps(trace);
    let (table, summary) = if steps.len() <= STEPS_MAX {
        (table_of_steps(&steps), "The same, step by step")
    } else {
        (table_of_desks(trace), "The same, summed up")
    };
    let caption = escape(caption);
    // The drawing scrolls on a narrow screen, so the keyboard must reach it.
    format!(
        "<figure class=\"timeline\" id=\"{id}\" data-desks=\"{desks}\" data-end-us=\"{end}\">\n\
         <div class=\"lanes\" tabindex=\"0\" role=\"group\" aria-label=\"Lanes\">\n{svg}</div>\n\
         <details class=\"twin\">\n<summary>{summary}</summary>\n{table}</details>\n\
         <figcaption>{caption}</figcaption>\n</figure>\n\n",
        desks = timeline.lanes.len(),
        end = timeline.end.as_micros(),
    )
}

fn table_of_steps(steps: &[Step]) -> String {
    let mut table =
        "<table>\n<thead><tr><th scope=\"col\">At</th><th scope=\"col\">What happens</th></tr></thead>\n<tbody>\n"
            .to_owned();
    for Step { at, what, text } in steps {
        let _ = writeln!(
            table,
            "<tr data-at=\"{}\"{}><td>{}</td><td>{}</td></tr>",
            at.as_micros(),
            attributes(what),
            moment(*at),
            escape(text)
        );
    }
    table + "</tbody>\n</table>\n"
}

/// What the board draws for a step.
fn attributes(what: &What) -> String {
    match what {
        What::Sits { desk } => format!(" data-do=\"sit\" data-desk=\"{desk}\""),
        What::Comes { slips, count } => {
            format!(" data-do=\"come\" data-count=\"{count}\" data-slips=\"{}\"", slips.join(" "))
        }
        What::Takes { desk, slip } => {
            format!(" data-do=\"take\" data-desk=\"{desk}\" data-slip=\"{slip}\"")
        }
        What::Ends { desk, slip, went_well } => {
            let what = if *went_well { "done" } else { "fail" };
            format!(" data-do=\"{what}\" data-desk=\"{desk}\" data-slip=\"{slip}\"")
        }
        What::Returns { slip } => format!(" data-do=\"return\" data-slip=\"{slip}\""),
        What::Drops { count } => format!(" data-do=\"drop\" data-count=\"{count}\""),
        What::Dies { desk } => format!(" data-do=\"die\" data-desk=\"{desk}\""),
        What::Closes => " data-do=\"close\"".to_owned(),
    }
}

fn moment(at: Duration) -> String {
    if at < Duration::from_secs(10) {
        format!("{:.1} ms", at.as_secs_f64() * 1e3)
    } else {
        format!("{:.2} s", at.as_secs_f64())
    }
}

fn table_of_desks(trace: &Trace) -> String {
    let mut table = "<table>\n<thead><tr><th scope=\"col\">Desk</th><th scope=\"col\">Slips</th><th scope=\"col\">Busy</th>\
                     <th scope=\"col\">Processes</th></tr></thead>\n<tbody>\n"
        .to_owned();
    for lane in trace.timeline().lanes {
        let busy: Duration = lane.runs.iter().map(|run| run.until.saturating_sub(run.from)).sum();
        let _ = writeln!(
            table,
            "<tr><th scope=\"row\">{}</th><td>{}</td><td>{}</td><td>{}</td></tr>",
            story::desk(lane.slot),
            lane.runs.len(),
            length(busy),
            lane.lives.len()
        );
    }
    table + "</tbody>\n</table>\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(slips: u64) -> Trace {
        let mut lines = vec![
            r#"{"at":{"secs":0,"nanos":1},"event":"worker_started","worker":{"slot":0,"generation":0},"pid":7}"#
                .to_owned(),
        ];
        for n in 0..slips {
            lines.push(format!(
                r#"{{"at":{{"secs":{n},"nanos":5}},"event":"task_started","task":{{"call":0,"index":{n}}},"worker":{{"slot":0,"generation":0}}}}"#
            ));
            lines.push(format!(
                r#"{{"at":{{"secs":{n},"nanos":900000000}},"event":"task_ended","task":{{"call":0,"index":{n}}},"worker":{{"slot":0,"generation":0}},"ending":"returned","took":{{"secs":0,"nanos":899999995}},"bytes":1}}"#
            ));
        }
        lines.iter().map(|line| serde_json::from_str::<pool_lib::Event>(line).unwrap()).collect()
    }

    #[test]
    fn a_figure_passes_through_markdown_in_one_piece() {
        let figure = html(&day(3), "timeline-map", "Three & <no more>");
        assert!(!figure.trim_end().contains("\n\n"), "{figure}");
        assert!(
            figure.contains("<figcaption>Three &amp; &lt;no more&gt;</figcaption>"),
            "{figure}"
        );
        assert_eq!(figure.matches("data-do=\"take\"").count(), 3);
        assert_eq!(figure.matches("<rect ").count(), 3);
    }

    #[test]
    fn a_long_day_is_summed_up() {
        let figure = html(&day(300), "timeline-map", "Many");
        assert!(!figure.contains("data-do"), "{figure}");
        assert!(figure.contains("<td>300</td>"), "{figure}");
    }
}
