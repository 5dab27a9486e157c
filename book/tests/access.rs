//! Whether everybody can use the pages: axe in every theme, keyboard, zoom, without JavaScript, from a file.
//!
//! axe comes from npm, which only `.ci/run` asks for; without it that part is skipped, visibly, and in CI that is a failure.
//!
//! Must not know: what the pages say.

use std::io::Write;
use std::path::Path;

use serde_json::{Value, json};

use crate::browser::Browser;
use crate::site;

/// Ours, then mdBook's own.
const THEMES: [&str; 7] = ["paper", "lamplight", "light", "rust", "coal", "navy", "ayu"];
/// A page without its fonts, uncompressed.
const PAGE_BYTES_MAX: u64 = 400_000;
const SHIFT_MAX: f64 = 0.1;

/// The text of axe, if it is there.
fn axe() -> Option<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap();
    let path = root.join("target/page-checks/node_modules/axe-core/axe.min.js");
    let text = std::fs::read_to_string(&path).ok();
    if text.is_none() {
        let is_required =
            std::env::var_os("AGENCY_REQUIRE_PAGE_CHECKS").is_some_and(|value| value == "1");
        assert!(!is_required, "AGENCY_REQUIRE_PAGE_CHECKS=1, and there is no {}", path.display());
        let _ = writeln!(
            std::io::stderr(),
            "SKIPPED: no axe-core in target/page-checks, so nobody looked for what shuts readers out"
        );
    }
    text
}

/// Opens everything that is folded, so that it is looked at as well.
const UNFOLD: &str = "document.querySelectorAll('main details').forEach(d => d.open = true); \
                      document.querySelectorAll('main .reveal').forEach(d => d.hidden = false)";

/// Waits until the page is drawn as it will stay: colors that are on their way from one theme to another are neither's.
const SETTLE: &str = "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))\
                      .then(() => Promise.all(document.getAnimations().map(a => a.finished.catch(() => null))))\
                      .then(() => new Promise(done => requestAnimationFrame(done))).then(() => true)";

/// The violations that axe finds, one a line. `rules` is a list of its rules, or null for all.
fn violations(browser: &mut Browser, rules: &str) -> Vec<String> {
    browser.evaluate(SETTLE);
    let found = browser.evaluate(&format!(
        "axe.run(document, {{ resultTypes: ['violations'], ...({rules} ? {{ runOnly: {{ type: 'rule', values: {rules} }} }} : {{}}) }})\
         .then(r => r.violations.flatMap(v => v.nodes.slice(0, 3).map(n => `${{v.id}}: ${{n.html.slice(0, 150)}} ${{n.any[0]?.message ?? ''}}`)))"
    ));
    found.as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_owned()).collect()
}

#[test]
fn axe_finds_nothing_on_any_page_in_any_theme_on_any_screen_or_paper() {
    let Some(axe) = axe() else { return };
    let Some(mut browser) = Browser::start() else { return };
    let base = site::serve();
    let mut faults = Vec::new();
    for (name, _) in site::readable() {
        for (width, height) in [(375, 812), (1280, 900)] {
            browser.set_screen(width, height, false);
            browser.open(&format!("{base}{name}"));
            browser.evaluate("book.colored");
            browser.evaluate(UNFOLD);
            browser.evaluate(&axe);
            for (place, theme) in THEMES.iter().enumerate() {
                browser.evaluate(&format!(
                    "document.querySelector('[data-theme={theme}]').click(); document.getElementById('mdbook-theme-list').hidden = true"
                ));
                // Themes differ in colors only.
                let rules =
                    if place == 0 { "null" } else { "['color-contrast', 'link-in-text-block']" };
                let found = violations(&mut browser, rules);
                faults.extend(
                    found.into_iter().map(|fault| format!("{name}, {width} px, {theme}: {fault}")),
                );
            }
            browser.evaluate("localStorage.clear()");
        }
        browser.ask("Emulation.setEmulatedMedia", json!({ "media": "print" }));
        let found = violations(&mut browser, "['color-contrast']");
        faults.extend(found.into_iter().map(|fault| format!("{name}, printed: {fault}")));
        browser.ask("Emulation.setEmulatedMedia", json!({ "media": "" }));
    }
    faults.sort();
    assert!(faults.is_empty(), "{} violations:\n{}", faults.len(), faults.join("\n"));
}

fn press(browser: &mut Browser, key: &str, code: u32) {
    for kind in ["rawKeyDown", "char", "keyUp"] {
        if kind == "char" && key != "Enter" {
            continue;
        }
        let text = if kind == "char" { "\r" } else { "" };
        browser.ask(
            "Input.dispatchKeyEvent",
            json!({ "type": kind, "key": key, "code": key, "windowsVirtualKeyCode": code, "text": text }),
        );
    }
}

#[test]
fn the_contents_open_and_close_by_keyboard() {
    let Some(mut browser) = Browser::start() else { return };
    let base = site::serve();
    browser.set_screen(375, 812, false);
    browser.open(&format!("{base}map.html"));
    let mut reached = Vec::new();
    for _ in 0..12 {
        press(&mut browser, "Tab", 9);
        reached.push(browser.evaluate("document.activeElement.id"));
        if reached.last().unwrap() == "mdbook-sidebar-toggle" {
            break;
        }
    }
    assert_eq!(reached.last().unwrap(), "mdbook-sidebar-toggle", "{reached:?}");
    let is_open = "getComputedStyle(document.getElementById('mdbook-sidebar')).display !== 'none'";
    assert_eq!(browser.evaluate(is_open), false);
    press(&mut browser, "Enter", 13);
    assert_eq!(browser.evaluate(is_open), true);
    let told = "document.getElementById('mdbook-sidebar-toggle').getAttribute('aria-expanded')";
    assert_eq!(browser.evaluate(told), "true");
    press(&mut browser, "Enter", 13);
    assert_eq!(browser.evaluate(is_open), false);
}

#[test]
fn a_question_is_answered_told_kept_and_cleared() {
    let Some(mut browser) = Browser::start() else { return };
    let base = site::serve();
    browser.set_screen(1280, 900, false);
    let page = format!("{base}agency.html");
    browser.open(&page);
    let slug = browser.evaluate("document.querySelector('.question').dataset.slug");
    let slug = slug.as_str().expect("the chapter has a question");
    let told =
        format!("document.querySelector('#question-{slug} [role=status]').textContent.trim()");
    assert_eq!(browser.evaluate(&told), "");
    browser.evaluate(&format!(
        "(f => {{ f.querySelectorAll('input')[1].checked = true; f.requestSubmit() }})(document.querySelector('#question-{slug} form'))"
    ));
    let explanation = browser.evaluate(&told);
    assert!(explanation.as_str().unwrap().len() > 10, "{explanation}");
    let progress = "document.querySelector('.progress p').textContent";
    assert!(browser.evaluate(progress).as_str().unwrap().contains("1 of"), "it is counted");
    browser.open(&page);
    assert_eq!(browser.evaluate(&told), explanation, "it is there after a reload");
    browser.evaluate(&format!("document.querySelector('#question-{slug} .clear').click()"));
    assert_eq!(browser.evaluate(&told), "");
    assert_eq!(browser.evaluate("localStorage.getItem('agency.answers')"), "{}");
}

#[test]
fn a_run_is_shown_only_when_the_prediction_is_locked_in() {
    let Some(mut browser) = Browser::start() else { return };
    let base = site::serve();
    let page = site::readable()
        .into_iter()
        .find(|(name, text)| name != "print.html" && text.contains("class=\"prediction\""));
    let (name, _) = page.expect("some chapter has a prediction");
    browser.set_screen(1280, 900, false);
    browser.open(&format!("{base}{name}"));
    let is_shown = "document.querySelector('.prediction .reveal').checkVisibility()";
    assert_eq!(browser.evaluate(is_shown), false);
    browser.evaluate("(f => { f.querySelector('input').checked = true; f.requestSubmit() })(document.querySelector('.prediction form'))");
    assert_eq!(browser.evaluate(is_shown), true);
    assert_eq!(
        browser.evaluate("document.querySelector('.prediction input').matches(':disabled')"),
        true
    );
}

#[test]
fn the_board_steps_through_the_recorded_day_and_rests_when_nobody_looks() {
    let Some(mut browser) = Browser::start() else { return };
    let base = site::serve();
    let page = site::readable()
        .into_iter()
        .find(|(name, text)| name != "print.html" && text.contains("<figure class=\"timeline\""));
    let Some((name, _)) = page else { panic!("no page has a timeline") };
    browser.set_screen(1280, 900, false);
    browser.open(&format!("{base}{name}"));
    browser.evaluate(UNFOLD);
    browser.evaluate("document.querySelector('.board').scrollIntoView({ block: 'center' })");
    let told = "document.querySelector('.board .told').textContent";
    let before = browser.evaluate(told);
    browser.evaluate("document.querySelector('[aria-label=\"One step on\"]').click()");
    assert_ne!(browser.evaluate(told), before);
    // At the last step the day is over: every slip of the table is out, none waits.
    browser.evaluate("(s => { s.value = s.max; s.dispatchEvent(new Event('input')) })(document.querySelector('.board [type=range]'))");
    let ended = browser.evaluate("[...document.querySelector('figure.timeline').querySelectorAll('[data-do=done], [data-do=fail]')].length - [...document.querySelector('figure.timeline').querySelectorAll('[data-do=return]')].length");
    let out = browser.evaluate("document.querySelector('.board .out b').textContent");
    assert_eq!(out.as_str().unwrap(), format!("Done: {ended}"));
    browser.evaluate("document.querySelector('.board .controls button').click()");
    assert_eq!(
        browser.evaluate("document.querySelector('.board .controls button').textContent"),
        "Pause"
    );
    let rested = browser.evaluate(
        "new Promise(done => { const play = document.querySelector('.board .controls button'); \
         new MutationObserver(() => done(play.textContent)).observe(play, { childList: true }); scrollTo(0, 0); })",
    );
    assert_eq!(rested, "Play");
}

#[test]
fn pages_are_light_and_nothing_on_them_jumps() {
    let Some(mut browser) = Browser::start() else { return };
    let base = site::serve();
    let watch = "window.shift = 0; new PerformanceObserver(list => list.getEntries().forEach(entry => { if (!entry.hadRecentInput) window.shift += entry.value })).observe({ type: 'layout-shift', buffered: true })";
    browser.ask("Page.addScriptToEvaluateOnNewDocument", json!({ "source": watch }));
    let mut faults = Vec::new();
    for (name, _) in site::readable().iter().filter(|(name, _)| name != "print.html") {
        browser.set_screen(375, 812, false);
        let events = browser.open(&format!("{base}{name}"));
        let bytes: u64 = weight(&events);
        if bytes > PAGE_BYTES_MAX {
            faults.push(format!("{name} weighs {bytes} bytes without fonts"));
        }
        let shift = browser.evaluate("window.shift").as_f64().unwrap();
        if shift > SHIFT_MAX {
            faults.push(format!("{name} moves by {shift:.3} while it loads"));
        }
        // 1280 px at 400 %.
        browser.set_screen(320, 256, false);
        let sticks_out = browser.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth",
        );
        if sticks_out.as_f64().unwrap() > 1.0 {
            faults.push(format!("{name} at 400 % is {sticks_out} px too wide"));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// The bytes of all files that a page asked for, fonts left out.
fn weight(events: &[Value]) -> u64 {
    let urls = events.iter().filter(|event| event["method"] == "Network.requestWillBeSent");
    let files = urls.filter_map(|event| {
        let url = event["params"]["request"]["url"].as_str()?;
        let path = url.split("/shelf/agency/").nth(1)?.split(['?', '#']).next()?;
        (!path.ends_with(".woff2")).then(|| site::folder().join(path))
    });
    files.filter_map(|file| Some(std::fs::metadata(file).ok()?.len())).sum()
}

#[test]
fn from_a_file_and_without_javascript_all_is_there() {
    let Some(mut browser) = Browser::start() else { return };
    for (name, _) in site::readable() {
        let address = format!("file://{}/{name}", site::folder().display());
        let events = browser.open(&address);
        let failed: Vec<_> =
            events.iter().filter(|event| event["method"] == "Runtime.exceptionThrown").collect();
        assert!(failed.is_empty(), "{name}: {failed:?}");
        assert_eq!(
            browser.evaluate("document.querySelectorAll('#mdbook-sidebar a').length > 5"),
            true,
            "{name} has no contents"
        );
    }
    browser.ask("Emulation.setScriptExecutionDisabled", json!({ "value": true }));
    browser.open_still(&format!("file://{}/agency.html", site::folder().display()));
    browser.ask("Emulation.setScriptExecutionDisabled", json!({ "value": false }));
    assert_eq!(
        browser.evaluate("document.querySelectorAll('.question details summary').length >= 4"),
        true
    );
    assert_eq!(browser.evaluate("document.querySelector('.ask')"), Value::Null);
    assert_eq!(browser.evaluate("document.querySelector('noscript a').checkVisibility()"), true);
}

#[test]
fn code_within_a_line_says_the_same_with_places_to_break_it() {
    let Some(mut browser) = Browser::start() else { return };
    let base = site::serve();
    // Not in questions, whose explanations come and go.
    const INLINE: &str = "main > p > code, main td > code, .exercises code, figcaption > code";
    let inline = scraper::Selector::parse(INLINE).unwrap();
    for name in ["foreman.html", "cheat-sheet.html", "python-and-rust.html"] {
        let (_, text) = site::readable().into_iter().find(|(page, _)| page == name).unwrap();
        let page = scraper::Html::parse_document(&text);
        let written: Vec<String> = page.select(&inline).map(|code| code.text().collect()).collect();
        browser.open(&format!("{base}{name}"));
        let shown = browser.evaluate(&format!(
            "[...document.querySelectorAll('{INLINE}')].map(code => code.textContent)"
        ));
        assert_eq!(json!(written), shown, "{name}");
        assert_eq!(browser.evaluate("!!document.querySelector('main code wbr')"), true, "{name}");
    }
}

#[test]
fn every_page_says_what_it_is_about() {
    let describes = scraper::Selector::parse("head > meta[name=description]").unwrap();
    let mut seen = std::collections::BTreeMap::new();
    for (name, text) in site::readable() {
        let page = scraper::Html::parse_document(&text);
        let told: Vec<_> =
            page.select(&describes).filter_map(|meta| meta.attr("content")).collect();
        assert_eq!(told.len(), 1, "{name} needs one line in book/theme/head.hbs");
        // The first chapter is the title page as well.
        if let Some(other) = seen.insert(told[0].to_owned(), name.clone()) {
            panic!("{name} and {other} have the same description");
        }
    }
}
