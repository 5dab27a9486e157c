//! What two judges from elsewhere say of the pages: Lighthouse, on a phone, and the checker of HTML of the W3C.
//!
//! Both come from npm, which only `.ci/run` asks for; without them this is skipped, visibly, and in CI that is a failure.
//!
//! Must not know: what the pages say.

use std::io::Write;
use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

use crate::site;

/// What npm put there, if it did.
fn tool(path: &str) -> Option<PathBuf> {
    let place = site::folder().with_file_name("page-checks").join("node_modules").join(path);
    if place.is_file() {
        return Some(place);
    }
    let is_required =
        std::env::var_os("AGENCY_REQUIRE_PAGE_CHECKS").is_some_and(|value| value == "1");
    assert!(!is_required, "AGENCY_REQUIRE_PAGE_CHECKS=1, and there is no {}", place.display());
    let _ = writeln!(std::io::stderr(), "SKIPPED: no {path} in target/page-checks");
    None
}

#[test]
fn html_is_valid() {
    let Some(jar) = tool("vnu-jar/build/dist/vnu.jar") else { return };
    let told = Command::new("java")
        .args(["-Xss2m", "-jar"])
        .arg(jar)
        .args(["--errors-only", "--also-check-svg"])
        .args(site::readable().iter().map(|(name, _)| site::folder().join(name)))
        .arg(site::folder().join("404.html"))
        .output()
        .expect("java is there");
    assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stderr));
}

#[test]
fn lighthouse_is_content_on_a_phone() {
    let Some(lighthouse) = tool("lighthouse/cli/index.js") else { return };
    let base = site::serve();
    let mut faults = Vec::new();
    // The title page, a chapter with all there is on it, and the page for lost words: the others are made of the same.
    for name in ["index.html", "agency.html", "glossary.html"] {
        let told = Command::new("node")
            .arg(&lighthouse)
            .arg(format!("{base}{name}"))
            // The profile is fresh, so there is nothing to clear, and asking for its quota may come too early.
            .args([
                "--quiet",
                "--output=json",
                "--disable-storage-reset",
                "--chrome-flags=--headless=new --no-sandbox",
            ])
            .args(["--only-categories=accessibility,best-practices,seo,performance"])
            .output()
            .expect("node is there");
        let report: Value = serde_json::from_slice(&told.stdout)
            .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&told.stderr)));
        let score =
            |category: &str| report["categories"][category]["score"].as_f64().unwrap_or(0.0);
        for category in ["accessibility", "best-practices", "seo"] {
            if score(category) < 1.0 {
                faults.push(format!(
                    "{name}: {category} {}: {:?}",
                    score(category),
                    lost(&report, category)
                ));
            }
        }
        // A timing, so it is told and not judged: a busy machine paints late.
        let (performance, lost) = (score("performance"), lost(&report, "performance"));
        let _ = writeln!(std::io::stderr(), "{name}: performance {performance} {lost:?}");
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// The audits of a category that lost points.
fn lost(report: &Value, category: &str) -> Vec<String> {
    let audits = report["categories"][category]["auditRefs"].as_array().into_iter().flatten();
    let ids = audits.filter(|audit| audit["weight"].as_f64() > Some(0.0));
    let lost = ids.filter_map(|audit| {
        let id = audit["id"].as_str()?;
        let score = report["audits"][id]["score"].as_f64()?;
        (score < 1.0).then(|| format!("{id} {score} {}", report["audits"][id]["displayValue"]))
    });
    lost.collect()
}
