//! The finished pages, as files and over HTTP.
//!
//! Must not know: what is looked for on them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use axum::Router;
use tower_http::services::ServeDir;

/// The folder of the pages, made up to date once for each run of the tests.
pub(crate) fn folder() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap();
        let built = Command::new(env!("CARGO_BIN_EXE_book-tool"))
            .arg("build")
            .current_dir(root)
            .output()
            .unwrap();
        assert!(
            built.status.success(),
            "the book cannot be built:\n{}",
            String::from_utf8_lossy(&built.stderr)
        );
        root.join("target/book")
    })
}

/// All pages, as paths below the folder, with their text.
pub(crate) fn pages() -> Vec<(String, String)> {
    let mut folders = vec![folder().to_owned()];
    let mut pages = Vec::new();
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "html") {
                let name = path.strip_prefix(folder()).unwrap().to_str().unwrap().to_owned();
                pages.push((name, fs::read_to_string(&path).unwrap()));
            }
        }
    }
    pages.sort();
    pages
}

/// Pages that a reader can open: not the tree of contents for readers without JavaScript, which is part of the others, and
/// not the answer to a wrong address, which only works from the root of its site.
pub(crate) fn readable() -> Vec<(String, String)> {
    pages().into_iter().filter(|(name, _)| name != "toc.html" && name != "404.html").collect()
}

/// Serves the pages from a folder below the root, as a project's pages on a shared host are, and returns that folder's address.
pub(crate) fn serve() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = format!("http://{}/shelf/agency/", listener.local_addr().unwrap());
    let router = Router::new().nest_service("/shelf/agency", ServeDir::new(folder()));
    std::thread::spawn(move || {
        tokio::runtime::Runtime::new().unwrap().block_on(async {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            axum::serve(listener, router).await.unwrap();
        });
    });
    address
}
