//! Every page in a real browser: on a phone and on a desk, by day and by night.
//!
//! AGENCY_SCREENSHOTS=folder keeps a picture of each, to be looked at.
//!
//! Must not know: what the pages say.

use serde_json::{Value, json};

use crate::browser::Browser;
use crate::site;

/// What sticks out of the page to the right. Code and tables may scroll within themselves.
const STICKING_OUT: &str = r#"(() => {
    const width = document.documentElement.clientWidth;
    const scrolls = element => element.closest("main pre, main code, main .table-wrapper, main .lanes, main svg");
    const out = [...document.querySelectorAll("main *")]
        .filter(element => !scrolls(element.parentElement) && element.getBoundingClientRect().right > width + 1)
        .map(element => element.outerHTML.slice(0, 120));
    for (const box of [document.documentElement, document.body, document.querySelector(".content")]) {
        if (box && box.scrollWidth > box.clientWidth + 1) out.push(`${box.tagName} is ${box.scrollWidth} wide`);
    }
    return out;
})()"#;

#[test]
fn every_page_is_quiet_keeps_to_itself_and_fits_the_screen() {
    let Some(mut browser) = Browser::start() else { return };
    let base = site::serve();
    let pages = site::readable();
    assert!(
        pages.iter().any(|(name, _)| name == "index.html"),
        "{:?}",
        pages.iter().map(|page| &page.0).collect::<Vec<_>>()
    );
    let mut faults = Vec::new();
    for (width, height) in [(375, 812), (1280, 900)] {
        for is_dark in [false, true] {
            browser.set_screen(width, height, is_dark);
            for (name, _) in &pages {
                let events = browser.open(&format!("{base}{name}"));
                let mut found = complaints(&events, &base);
                found.extend(texts(&browser.evaluate(STICKING_OUT)));
                let theme = browser.evaluate("document.documentElement.className");
                if theme.as_str().is_none_or(|theme| {
                    theme.split(' ').any(|class| class == "lamplight") != is_dark
                }) {
                    found.push(format!("the theme is {theme}"));
                }
                let scheme = if is_dark { "dark" } else { "light" };
                faults.extend(
                    found.into_iter().map(|fault| format!("{name}, {width} px, {scheme}: {fault}")),
                );
                keep_picture(&mut browser, &format!("{}-{width}-{scheme}", name.replace('/', "-")));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn the_cheat_sheet_is_one_page_of_paper_on_both_sides_of_the_ocean() {
    let Some(mut browser) = Browser::start() else { return };
    let base = site::serve();
    browser.open(&format!("{base}cheat-sheet.html"));
    for (paper, width, height) in [("A4", 8.27, 11.69), ("Letter", 8.5, 11.0)] {
        let size = json!({ "paperWidth": width, "paperHeight": height });
        let answer = browser.ask("Page.printToPDF", size);
        let printed = data_encoding::BASE64.decode(answer["data"].as_str().unwrap().as_bytes());
        let printed = String::from_utf8_lossy(&printed.unwrap()).into_owned();
        let pages = printed.matches("/Type /Page\n").count();
        assert_eq!(pages, 1, "sheets of {paper}");
    }
}

/// Errors on the console, and requests to other hosts.
fn complaints(events: &[Value], base: &str) -> Vec<String> {
    let host = base.split('/').take(3).collect::<Vec<_>>().join("/") + "/";
    let tell = |event: &Value| {
        let told = &event["params"];
        match event["method"].as_str()? {
            "Runtime.exceptionThrown" => {
                Some(format!("a script failed: {}", told["exceptionDetails"]))
            }
            "Runtime.consoleAPICalled" if told["type"] == "error" => {
                Some(format!("a script complains: {}", told["args"]))
            }
            "Log.entryAdded" if told["entry"]["level"] == "error" => {
                Some(told["entry"].to_string())
            }
            "Network.requestWillBeSent" => {
                let url = told["request"]["url"].as_str()?;
                let is_own =
                    url.starts_with(&host) || url.starts_with("data:") || url.starts_with("blob:");
                (!is_own).then(|| format!("a request to another host: {url}"))
            }
            _ => None,
        }
    };
    events.iter().filter_map(tell).collect()
}

fn texts(list: &Value) -> Vec<String> {
    list.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

fn keep_picture(browser: &mut Browser, name: &str) {
    let Some(folder) = std::env::var_os("AGENCY_SCREENSHOTS") else { return };
    let answer = browser
        .ask("Page.captureScreenshot", json!({ "format": "png", "captureBeyondViewport": true }));
    let picture =
        data_encoding::BASE64.decode(answer["data"].as_str().unwrap().as_bytes()).unwrap();
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(std::path::Path::new(&folder).join(format!("{name}.png")), picture).unwrap();
}
