//! Serves the pages on this machine, and renders them again on every edit.
//!
//! A failed rebuild shows its error on the terminal and on top of each page; the pages below it are those of the last good build.
//! What `cargo grade` left in `target/grades.json` is put at the end of each page, for the marks of what is solved: while serving
//! only, so that the results of whoever builds the book are never published.
//! The script that reloads is put in while serving. On disk the pages are the same as those of `cargo book build`.
//!
//! Must not know: how pages come about.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::{Arc, RwLock};
use std::time::Instant;

use anyhow::{Context, Result, anyhow};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use tower_http::services::{ServeDir, ServeFile};
use tower_livereload::{LiveReloadLayer, Reloader};

use crate::layout::Layout;
use crate::progress::{self, length};
use crate::watch::{Edit, Watch};

/// What is wrong with the book as it is on disk now, if anything.
type Trouble = Arc<RwLock<Option<String>>>;

/// Serves until the program is told to end. `rebuild` makes the pages again; it is called once before the first edit.
pub(crate) fn serve(
    layout: &Layout,
    port: u16,
    open: bool,
    mut rebuild: impl FnMut(Option<Edit>) -> Result<()> + Send + 'static,
) -> Result<()> {
    // 1. The port, so that nobody waits for a build only to learn that it is taken.
    let listener = bind(port)?;
    let url = format!("http://{}", listener.local_addr()?);
    // 2. The watch, so that an edit during the first build is not lost.
    let watch = Watch::start(layout)?;
    let trouble = Trouble::default();
    attempt(&trouble, || rebuild(None));
    // 3. The server.
    let live = LiveReloadLayer::new();
    let reloader = live.reloader();
    let router = router(layout, trouble.clone(), live);
    let edits = move || follow(&watch, &trouble, &reloader, rebuild);
    std::thread::Builder::new()
        .name("edits".into())
        .spawn(edits)
        .context("no thread to follow edits in")?;
    progress::step("Serving", format_args!("{url} (Ctrl-C ends)"));
    if open && let Err(error) = opener::open_browser(&url) {
        progress::note(format_args!("no browser could be opened: {error}"));
    }
    let runtime = tokio::runtime::Runtime::new().context("no threads to serve with")?;
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::from_std(listener)?;
        axum::serve(listener, router).await.context("the server stopped")
    })
}

fn bind(port: u16) -> Result<TcpListener> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let listener = TcpListener::bind(address).map_err(|error| match error.kind() {
        std::io::ErrorKind::AddrInUse => {
            anyhow!("port {port} is taken; `cargo book serve --port 0` takes a free one, or name another")
        }
        _ => anyhow!("{address} cannot be served on: {error}; name another port with --port"),
    })?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

fn attempt(trouble: &Trouble, work: impl FnOnce() -> Result<()>) {
    let result = work();
    let text = result.as_ref().err().map(progress::told);
    if let Err(error) = result {
        progress::trouble(&error);
    }
    *trouble.write().unwrap_or_else(std::sync::PoisonError::into_inner) = text;
}

/// Rebuilds on every edit, and has the browser show what came of it.
fn follow(
    watch: &Watch,
    trouble: &Trouble,
    reloader: &Reloader,
    mut rebuild: impl FnMut(Option<Edit>) -> Result<()>,
) {
    loop {
        let edit = match watch.next() {
            Ok(edit) => edit,
            Err(error) => return progress::trouble(&error),
        };
        let started = Instant::now();
        attempt(trouble, || rebuild(Some(edit)));
        progress::step("Reloading", format_args!("after {}", length(started.elapsed())));
        reloader.reload();
    }
}

fn router(layout: &Layout, trouble: Trouble, live: LiveReloadLayer) -> Router {
    let not_found = ServeFile::new(layout.pages.join("404.html"));
    let pages = ServeDir::new(&layout.pages).not_found_service(not_found);
    let grades = Grades(layout.grades());
    Router::new()
        .fallback_service(pages)
        .layer(from_fn_with_state(grades, with_grades))
        .layer(from_fn_with_state(trouble, answer))
        .layer(live)
}

/// Nothing is cached, because HTTP dates count whole seconds and edits do not; and trouble is told on every page.
async fn answer(State(trouble): State<Trouble>, mut request: Request, next: Next) -> Response {
    for conditional in [header::IF_MODIFIED_SINCE, header::IF_NONE_MATCH] {
        request.headers_mut().remove(conditional);
    }
    let mut response = next.run(request).await;
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    let text = trouble.read().unwrap_or_else(std::sync::PoisonError::into_inner).clone();
    match text {
        Some(text) if is_page(&response) => with_trouble(response, &text).await,
        Some(text)
            if response.status() == StatusCode::NOT_FOUND
                && response.headers().get(header::CONTENT_TYPE).is_none() =>
        {
            with_trouble(Response::new(Body::empty()), &text).await
        }
        _ => response,
    }
}

fn is_page(response: &Response) -> bool {
    let kind = response.headers().get(header::CONTENT_TYPE);
    kind.is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"))
}

/// Where the grader leaves what it found.
#[derive(Clone)]
struct Grades(std::path::PathBuf);

/// The page with the results of the grader at its end, where book/theme/js/progress.js looks for them.
async fn with_grades(State(grades): State<Grades>, request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    match std::fs::read_to_string(&grades.0) {
        Ok(text) if is_page(&response) => {
            let text = text.replace('<', "\\u003c");
            let data =
                format!("<script type=\"application/json\" id=\"agency-grades\">{text}</script>");
            appended(response, &data).await
        }
        _ => response,
    }
}

/// The page with the trouble on top of it.
async fn with_trouble(response: Response, text: &str) -> Response {
    const STYLE: &str = "position:fixed;inset:0 0 auto;z-index:9999;max-height:50vh;overflow:auto;margin:0;padding:1rem 1.5rem;\
                         background:#7a1f1f;color:#fff;font:14px/1.5 ui-monospace,monospace;white-space:pre-wrap";
    let escaped = text.replace('&', "&amp;").replace('<', "&lt;");
    let banner = format!(
        "<pre role=\"alert\" style=\"{STYLE}\">The book cannot be built; below is the last one that could.\n\n{escaped}</pre>"
    );
    appended(response, &banner).await
}

/// After the end of the document browsers still take it into the body, and no page needs to be understood for that.
async fn appended(response: Response, html: &str) -> Response {
    let (mut parts, body) = response.into_parts();
    let Ok(page) = to_bytes(body, usize::MAX).await else {
        return (StatusCode::INTERNAL_SERVER_ERROR, "the page cannot be read").into_response();
    };
    parts.headers.remove(header::CONTENT_LENGTH);
    parts
        .headers
        .insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    Response::from_parts(parts, Body::from([&page[..], html.as_bytes()].concat()))
}
