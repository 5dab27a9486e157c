//! What only a published book has: addresses that begin with its host. A map of the site, and the social card by its full name.
//!
//! `AGENCY_SITE=https://host/folder/` says where the book will lie; the workflow that publishes it sets that. Without it, pages
//! are those of stock mdBook to the byte.
//!
//! Must not know: how pages are rendered.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};

use crate::layout::Layout;

/// Completes the pages in `folder`.
pub(crate) fn finish(layout: &Layout, folder: &Path) -> Result<()> {
    let card = layout.root.join("book/theme/card.png");
    if card.is_file() {
        fs::copy(&card, folder.join("card.png"))
            .with_context(|| format!("{} cannot be copied", card.display()))?;
    }
    match std::env::var("AGENCY_SITE") {
        Ok(site) if !site.is_empty() => address(folder, &site),
        _ => Ok(()),
    }
}

fn address(folder: &Path, site: &str) -> Result<()> {
    ensure!(
        site.starts_with("https://") && site.ends_with('/'),
        "AGENCY_SITE is {site}; it begins with https:// and ends with a slash"
    );
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        // The first and the last are for readers who came another way, the second repeats all others.
        if name.ends_with(".html") && !matches!(&*name, "404.html" | "print.html" | "toc.html") {
            names.push(name);
        }
    }
    names.sort();
    let mut map = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">\n".to_owned();
    for name in &names {
        let url = format!("{site}{}", if name == "index.html" { "" } else { name });
        map.push_str(&format!("<url><loc>{url}</loc></url>\n"));
        let path = folder.join(name);
        let page = fs::read_to_string(&path)?;
        let page = page
            .replace(
                "<meta property=\"og:image\" content=\"",
                &format!("<meta property=\"og:image\" content=\"{site}"),
            )
            .replacen("</head>", &format!("<link rel=\"canonical\" href=\"{url}\"></head>"), 1);
        fs::write(&path, page)?;
    }
    fs::write(folder.join("sitemap.xml"), map + "</urlset>\n")?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_published_page_knows_its_address_and_the_map_knows_the_page() {
        let folder = tempfile::tempdir().unwrap();
        let page = "<head><meta property=\"og:image\" content=\"card.png\"></head>";
        for name in ["index.html", "map.html", "404.html", "print.html"] {
            fs::write(folder.path().join(name), page).unwrap();
        }
        address(folder.path(), "https://example.org/agency/").unwrap();
        let read = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
        assert!(read("map.html").contains("content=\"https://example.org/agency/card.png\""));
        assert!(read("map.html").contains("href=\"https://example.org/agency/map.html\""));
        assert_eq!(read("404.html"), page);
        assert_eq!(read("sitemap.xml").matches("<loc>").count(), 2);
        assert!(read("sitemap.xml").contains("<loc>https://example.org/agency/</loc>"));
        assert!(address(folder.path(), "http://example.org").is_err());
    }
}
