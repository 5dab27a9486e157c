//! A timeline as a drawing: a lane for each worker, a box for each task, from left to right.
//!
//! Written with `write!`: the format here is five kinds of tags with numbers in them and text that is escaped in one place,
//! which is less than the interface of a crate for it.
//!
//! Nothing in it depends on color: what went wrong has another outline and a sign. Colors are `currentColor`, given as
//! attributes, which any style sheet overrides by the classes `timeline`, `lane`, `life`, `death`, `task`, `waiting`, `axis`.
//!
//! `data-left` and `data-right` say where time 0 and the last event are, for scripts that lay something over the drawing.
//!
//! Must not know events.

use std::fmt::{self, Display, Formatter, Write};
use std::time::Duration;

use super::event::Ending;
use super::timeline::{Lane, Run, Timeline};
use crate::ids::TaskId;

/// The words in a drawing: [`Trace::to_svg`](crate::Trace::to_svg) uses the default ones.
///
/// ```
/// use pool_lib::SvgLabels;
///
/// let pool = pool_lib::Pool::builder().processes(2).trace(true).build()?;
/// pool.map(|page: u64| page, 1..=10)?;
/// let labels = SvgLabels {
///     worker: &|slot| format!("place {}", slot + 1),
///     task: &|task| format!("page {}", task.index + 1),
///     ..SvgLabels::default()
/// };
/// assert!(pool.trace().timeline().to_svg(&labels).contains("place 1"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy)]
pub struct SvgLabels<'a> {
    /// What waits, at the head of the first lane.
    pub waiting: &'a str,
    /// The name of a place for workers, by its slot.
    pub worker: &'a dyn Fn(u32) -> String,
    /// The name of a task. It stands in the task's box if it fits, and in its tooltip.
    pub task: &'a dyn Fn(TaskId) -> String,
}

impl Default for SvgLabels<'_> {
    fn default() -> Self {
        Self {
            waiting: "waiting",
            worker: &|slot| format!("worker {slot}"),
            task: &|task| task.index.to_string(),
        }
    }
}

impl fmt::Debug for SvgLabels<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.debug_struct("SvgLabels").field("waiting", &self.waiting).finish_non_exhaustive()
    }
}

/// The size of things, in the drawing's own units, which are pixels where it is shown at full width.
const WIDTH: f64 = 720.0;
const LEFT: f64 = 84.0;
const RIGHT: f64 = 12.0;
const LANE: f64 = 30.0;
const BOX: f64 = 20.0;
const AXIS: f64 = 26.0;
const LETTER: f64 = 6.6;
/// Boxes that are narrower than this are drawn as one, so that a million tasks make no bigger drawing than a thousand.
const NARROWEST: f64 = 2.0;

impl Timeline {
    /// The timeline as an SVG document of bounded size, with words of your own.
    pub fn to_svg(&self, labels: &SvgLabels<'_>) -> String {
        let mut svg = String::new();
        Drawing { timeline: self, labels, scale: scale(self.end) }
            .write(&mut svg)
            .expect("a String takes all that is written to it");
        svg
    }
}

/// Units per nanosecond.
fn scale(end: Duration) -> f64 {
    (WIDTH - LEFT - RIGHT) / (end.as_nanos().max(1) as f64)
}

struct Drawing<'a> {
    timeline: &'a Timeline,
    labels: &'a SvgLabels<'a>,
    scale: f64,
}

impl Drawing<'_> {
    fn x(&self, at: Duration) -> f64 {
        LEFT + at.as_nanos() as f64 * self.scale
    }

    fn write(&self, out: &mut String) -> fmt::Result {
        let lanes = &self.timeline.lanes;
        let bottom = LANE * (lanes.len() as f64 + 1.0) + 4.0;
        let tasks: usize = lanes.iter().map(|lane| lane.runs.len()).sum();
        write!(
            out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"timeline\" viewBox=\"0 0 {WIDTH} {}\" role=\"img\" \
             aria-label=\"Timeline: {tasks} runs on {} workers in {}\" font-family=\"sans-serif\" font-size=\"12\" \
             fill=\"currentColor\" stroke=\"none\" data-left=\"{LEFT}\" data-right=\"{}\">",
            bottom + AXIS,
            lanes.len(),
            Time(self.timeline.end),
            WIDTH - RIGHT,
        )?;
        self.axis(out, bottom)?;
        self.waiting(out)?;
        for (place, lane) in lanes.iter().enumerate() {
            self.lane(out, lane, LANE * (place as f64 + 1.0))?;
        }
        out.write_str("</svg>\n")
    }

    /// Lines and times at round distances.
    fn axis(&self, out: &mut String, bottom: f64) -> fmt::Result {
        write!(out, "<g class=\"axis\" stroke=\"currentColor\" stroke-opacity=\"0.25\">")?;
        let step = round_step(self.timeline.end);
        let mut at = Duration::ZERO;
        let mut labels = String::new();
        while at <= self.timeline.end {
            let x = self.x(at);
            write!(out, "<path d=\"M{x:.1} 2V{bottom:.1}\"/>")?;
            write!(
                labels,
                "<text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>",
                bottom + 16.0,
                Time(at)
            )?;
            at += step;
        }
        write!(out, "</g><g class=\"axis\">{labels}</g>")
    }

    /// How many tasks wait, as a line that rises and falls; its highest point is written beside it.
    fn waiting(&self, out: &mut String) -> fmt::Result {
        let counts = &self.timeline.waiting;
        let most = counts.iter().map(|(_, count)| *count).max().unwrap_or(0);
        let floor = LANE - 5.0;
        let y = |count: u64| floor - (BOX * count as f64 / most.max(1) as f64);
        let mut line = format!("M{LEFT} {floor}");
        let mut drawn = f64::NEG_INFINITY;
        for (place, (at, count)) in counts.iter().enumerate() {
            let x = self.x(*at);
            // One step for each unit of width: what is narrower cannot be seen.
            let is_peak = *count == most || place + 1 == counts.len();
            if x - drawn >= 1.0 || is_peak {
                write!(line, "H{x:.1}V{:.1}", y(*count))?;
                drawn = x;
            }
        }
        write!(line, "H{:.1}", self.x(self.timeline.end))?;
        let label = Escaped(self.labels.waiting);
        write!(
            out,
            "<g class=\"waiting\"><title>{label}: at most {most}</title><text x=\"0\" y=\"{:.1}\">{label} (≤ {most})</text>\
             <path d=\"{line}\" fill=\"none\" stroke=\"currentColor\"/></g>",
            LANE - 10.0
        )
    }

    fn lane(&self, out: &mut String, lane: &Lane, top: f64) -> fmt::Result {
        let middle = top + LANE / 2.0;
        let name = (self.labels.worker)(lane.slot);
        write!(out, "<g class=\"lane lane-{}\">", lane.slot)?;
        write!(out, "<text x=\"0\" y=\"{:.1}\">{}</text>", middle + 4.0, Escaped(&name))?;
        for life in &lane.lives {
            let (from, until) =
                (self.x(life.from), self.x(life.end.map_or(self.timeline.end, |(at, _)| at)));
            let dash =
                if life.worker.generation % 2 == 1 { " stroke-dasharray=\"4 2\"" } else { "" };
            write!(out, "<g class=\"life\"><title>{}", Escaped(&name))?;
            if let Some(pid) = life.pid {
                write!(out, ", pid {pid}")?;
            }
            if let Some((_, exit)) = life.end {
                write!(out, ", {exit}")?;
            }
            write!(
                out,
                "</title><path d=\"M{from:.1} {middle:.1}H{until:.1}\" stroke=\"currentColor\" stroke-opacity=\"0.4\"{dash}/></g>"
            )?;
        }
        for stroke in strokes(&lane.runs, |at| self.x(at)) {
            self.stroke(out, &stroke, middle)?;
        }
        for life in lane.lives.iter().filter(|life| life.is_death) {
            let Some((at, exit)) = life.end else { continue };
            let x = self.x(at);
            write!(
                out,
                "<g class=\"death\"><title>{}: {exit}</title><path d=\"M{:.1} {:.1}l10 10m0 -10l-10 10\" fill=\"none\" \
                 stroke=\"currentColor\" stroke-width=\"2.5\"/></g>",
                Escaped(&name),
                x - 5.0,
                middle - 5.0
            )?;
        }
        out.write_str("</g>")
    }

    fn stroke(&self, out: &mut String, stroke: &Stroke<'_>, middle: f64) -> fmt::Result {
        let run = stroke.first;
        let label = (self.labels.task)(run.task);
        let width = (stroke.right - stroke.left).max(1.0);
        let manner = Manner::of(stroke);
        write!(out, "<g class=\"task {}\"><title>", manner.class)?;
        if stroke.count > 1 {
            write!(out, "{} short tasks", stroke.count)?;
        } else {
            write!(
                out,
                "{}: {}, {}",
                Escaped(&label),
                Time(run.until.saturating_sub(run.from)),
                manner.words
            )?;
        }
        write!(
            out,
            "</title><rect x=\"{:.1}\" y=\"{:.1}\" width=\"{width:.1}\" height=\"{BOX}\" rx=\"2\" fill-opacity=\"{}\" \
             stroke=\"currentColor\"{}/>",
            stroke.left,
            middle - BOX / 2.0,
            manner.fill,
            manner.outline,
        )?;
        let text = format!("{label}{}", manner.sign);
        if stroke.count == 1 && text.chars().count() as f64 * LETTER + 4.0 <= width {
            write!(
                out,
                "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>",
                f64::midpoint(stroke.left, stroke.left + width),
                middle + 4.0,
                Escaped(&text)
            )?;
        }
        out.write_str("</g>")
    }
}

/// What is drawn as one box.
struct Stroke<'a> {
    first: &'a Run,
    left: f64,
    right: f64,
    count: usize,
    /// The first of its runs that did not go well.
    failed: Option<&'a Run>,
}

/// Neighbors that are too narrow to be told apart become one.
fn strokes<'a>(runs: &'a [Run], x: impl Fn(Duration) -> f64) -> Vec<Stroke<'a>> {
    let mut strokes: Vec<Stroke<'a>> = Vec::new();
    for run in runs {
        let (left, right) = (x(run.from), x(run.until));
        let failed = (run.ending != Some(Ending::Returned)).then_some(run);
        match strokes.last_mut() {
            Some(last)
                if right - left < NARROWEST
                    && left - last.right < 1.0
                    && (last.count > 1 || last.right - last.left < NARROWEST) =>
            {
                last.right = last.right.max(right);
                last.count += 1;
                last.failed = last.failed.or(failed);
            }
            _ => strokes.push(Stroke { first: run, left, right, count: 1, failed }),
        }
    }
    strokes
}

/// How a box looks, by what became of its task.
struct Manner {
    class: &'static str,
    words: &'static str,
    sign: &'static str,
    fill: f64,
    outline: &'static str,
}

impl Manner {
    fn of(stroke: &Stroke<'_>) -> Self {
        const DASHED: &str = " stroke-dasharray=\"5 3\" stroke-width=\"2\"";
        const DOTTED: &str = " stroke-dasharray=\"2 2\"";
        let run = stroke.failed.unwrap_or(stroke.first);
        let (class, words, sign, fill, outline) = match run.ending {
            Some(Ending::Returned) => ("returned", "returned", "", 0.15, ""),
            Some(Ending::Panicked) => ("panicked", "panicked", " !", 0.0, DASHED),
            Some(Ending::Unsendable) => ("unsendable", "could not be sent", " !", 0.0, DASHED),
            Some(Ending::WorkerDied) => ("worker-died", "its worker died", "", 0.0, DASHED),
            Some(Ending::TimedOut) => ("timed-out", "its time was up", "", 0.0, DASHED),
            Some(Ending::Cancelled) => ("cancelled", "cancelled", "", 0.0, DASHED),
            None => ("running", "not ended", " …", 0.05, DOTTED),
        };
        Self { class, words, sign, fill, outline }
    }
}

/// A step of 1, 2 or 5 times a power of ten that gives at most eight of them.
fn round_step(end: Duration) -> Duration {
    let wanted = end.as_nanos().div_ceil(8);
    let mut power = 1_000_u64;
    loop {
        for factor in [1, 2, 5] {
            let step = power.saturating_mul(factor);
            if u128::from(step) >= wanted || step == u64::MAX {
                return Duration::from_nanos(step);
            }
        }
        power = power.saturating_mul(10);
    }
}

/// A time as people write it, with three significant digits.
struct Time(Duration);

impl Display for Time {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let (value, unit) = match self.0.as_secs_f64() {
            0.0 => return f.write_str("0"),
            s if s >= 1.0 => (s, "s"),
            s if s >= 1e-3 => (s * 1e3, "ms"),
            s => (s * 1e6, "µs"),
        };
        let decimals = if value >= 100.0 { 0 } else { 2 - value.log10().floor() as usize };
        let text = format!("{value:.decimals$}");
        let text = if text.contains('.') {
            text.trim_end_matches('0').trim_end_matches('.')
        } else {
            &text
        };
        write!(f, "{text} {unit}")
    }
}

/// Text that means itself, also within an attribute.
struct Escaped<'a>(&'a str);

impl Display for Escaped<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for c in self.0.chars() {
            match c {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                // XML has no way to say them.
                c if c.is_control() => f.write_char(' ')?,
                c => f.write_char(c)?,
            }
        }
        Ok(())
    }
}
