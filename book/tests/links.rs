//! Every link and every file that a page asks for is there, and so is the place on the page that a link points to.
//!
//! Links to other hosts are not followed (tests need no network), but nothing may be loaded from there.
//!
//! Must not know: what a browser makes of it.

use std::collections::{BTreeMap, BTreeSet};

use scraper::{Html, Selector};

use crate::site;

/// A page as far as links go.
struct Page {
    /// What links can point to.
    places: BTreeSet<String>,
    links: Vec<String>,
    /// Addresses of what the page needs: scripts, sheets, pictures.
    parts: Vec<String>,
}

impl Page {
    fn read(text: &str) -> Self {
        let page = Html::parse_document(text);
        let values = |selector: &str, attribute: &str| -> Vec<String> {
            let selector = Selector::parse(selector).unwrap();
            page.select(&selector)
                .filter_map(|element| element.attr(attribute))
                .map(str::to_owned)
                .collect()
        };
        let mut parts = values("[src]", "src");
        parts.extend(values("link[href]", "href"));
        Self {
            places: values("[id]", "id").into_iter().collect(),
            links: values("a[href]", "href"),
            parts,
        }
    }
}

fn is_elsewhere(address: &str) -> bool {
    address.starts_with("//")
        || ["http:", "https:", "mailto:"].iter().any(|scheme| address.starts_with(scheme))
}

/// The page that `address` names, seen from `page`, and the place on it.
fn resolve(page: &str, address: &str) -> (String, Option<String>) {
    let (path, place) = match address.split_once('#') {
        Some((path, place)) => (path, Some(place.to_owned()).filter(|place| !place.is_empty())),
        None => (address, None),
    };
    if path.is_empty() {
        return (page.to_owned(), place);
    }
    let mut parts: Vec<&str> = page.split('/').collect();
    parts.pop();
    for part in path.split('/') {
        match part {
            "." | "" => {}
            ".." => {
                assert!(parts.pop().is_some(), "{page}: {address} leaves the book");
            }
            part => parts.push(part),
        }
    }
    (parts.join("/"), place)
}

#[test]
fn all_internal_links_and_their_anchors_resolve() {
    let pages: BTreeMap<String, Page> =
        site::pages().iter().map(|(name, text)| (name.clone(), Page::read(text))).collect();
    let mut broken = Vec::new();
    for (name, page) in &pages {
        for address in page.links.iter().filter(|address| !is_elsewhere(address)) {
            let (target, place) = resolve(name, address);
            let is_there = match (pages.get(&target), place) {
                (Some(page), Some(place)) => page.places.contains(&place),
                (Some(_), None) => true,
                (None, _) => site::folder().join(&target).is_file(),
            };
            if !is_there {
                broken.push(format!("{name}: {address}"));
            }
        }
    }
    assert!(broken.is_empty(), "links to nowhere:\n{}", broken.join("\n"));
    assert!(
        pages.values().map(|page| page.links.len()).sum::<usize>() > 0,
        "there are no links at all"
    );
}

#[test]
fn all_that_a_page_needs_is_part_of_the_book() {
    for (name, text) in site::readable() {
        for address in Page::read(&text).parts {
            assert!(!is_elsewhere(&address), "{name} loads {address} from another host");
            if !address.starts_with("data:") {
                let (target, _) = resolve(&name, &address);
                assert!(
                    site::folder().join(&target).is_file(),
                    "{name} needs {address}, which is not there"
                );
            }
        }
    }
}
