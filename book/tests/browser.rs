//! Chromium, by the few words of its DevTools protocol that are needed here.
//!
//! The crates that speak all of it generate and compile tens of thousands of lines for it, which every `cargo test` on a fresh
//! clone would pay for.
//!
//! Must not know: the book.

use std::io::Write;
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tungstenite::protocol::WebSocketConfig;
use tungstenite::{Message, WebSocket};

/// No answer takes longer on any machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// A browser without a window and one tab in it. It ends when this is dropped.
pub(crate) struct Browser {
    child: Child,
    socket: WebSocket<TcpStream>,
    session: Option<String>,
    asked: u64,
    /// What happened in the tab since it was last asked for.
    events: Vec<Value>,
    _profile: tempfile::TempDir,
}

impl Browser {
    /// `None`, and a word on stderr, if there is no browser and none is required.
    pub(crate) fn start() -> Option<Self> {
        let profile = tempfile::tempdir().unwrap();
        let Some(child) = Self::spawn(profile.path()) else {
            let is_required =
                std::env::var_os("AGENCY_REQUIRE_BROWSER").is_some_and(|value| value == "1");
            assert!(
                !is_required,
                "AGENCY_REQUIRE_BROWSER=1, and neither chromium nor google-chrome can be started"
            );
            // Not by `eprintln!`, which the test harness keeps to itself when a test passes.
            let _ = writeln!(
                std::io::stderr(),
                "SKIPPED: no chromium here, so no page was looked at in a browser"
            );
            return None;
        };
        let address = address(profile.path());
        let stream = TcpStream::connect(address.split('/').nth(2).unwrap()).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        // The picture of a whole book is a long message.
        let config = WebSocketConfig::default().max_message_size(None).max_frame_size(None);
        let (socket, _) =
            tungstenite::client::client_with_config(&address, stream, Some(config)).unwrap();
        let mut browser =
            Self { child, socket, session: None, asked: 0, events: Vec::new(), _profile: profile };
        let target = browser.ask("Target.createTarget", json!({ "url": "about:blank" }));
        let attached = browser.ask(
            "Target.attachToTarget",
            json!({ "targetId": target["targetId"], "flatten": true }),
        );
        browser.session = attached["sessionId"].as_str().map(str::to_owned);
        for domain in ["Page", "Runtime", "Log", "Network"] {
            browser.ask(&format!("{domain}.enable"), json!({}));
        }
        // The page for printing asks for the printer's dialog, and nobody is here to close it.
        browser.ask(
            "Page.addScriptToEvaluateOnNewDocument",
            json!({ "source": "window.print = () => {}" }),
        );
        Some(browser)
    }

    fn spawn(profile: &std::path::Path) -> Option<Child> {
        let start = |name: &&str| {
            Command::new(name)
                .args([
                    "--headless",
                    "--no-sandbox",
                    "--disable-background-networking",
                    "--disable-gpu",
                    "--hide-scrollbars",
                ])
                .args(["--no-first-run", "--disable-component-update", "--remote-debugging-port=0"])
                .arg(format!("--user-data-dir={}", profile.display()))
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .ok()
        };
        ["chromium", "chromium-browser", "google-chrome"].iter().find_map(start)
    }

    /// Calls a method of the protocol and waits for its answer.
    pub(crate) fn ask(&mut self, method: &str, parameters: Value) -> Value {
        self.asked += 1;
        let id = self.asked;
        let mut message = json!({ "id": id, "method": method, "params": parameters });
        if let Some(session) = &self.session {
            message["sessionId"] = json!(session);
        }
        self.socket.send(Message::text(message.to_string())).unwrap();
        loop {
            let told = self.hear();
            if told["id"] == id {
                assert!(told.get("error").is_none(), "{method}: {}", told["error"]);
                return told["result"].clone();
            }
            self.events.push(told);
        }
    }

    fn hear(&mut self) -> Value {
        loop {
            match self.socket.read().expect("the browser does not answer") {
                Message::Text(text) => return serde_json::from_str(&text).unwrap(),
                Message::Close(_) => panic!("the browser is gone"),
                _ => {}
            }
        }
    }

    /// Opens a page that runs no script, so that nothing can be asked of it until it may.
    pub(crate) fn open_still(&mut self, address: &str) {
        self.events.clear();
        self.ask("Page.navigate", json!({ "url": address }));
        while !self.events.iter().any(|event| event["method"] == "Page.loadEventFired") {
            let event = self.hear();
            self.events.push(event);
        }
    }

    /// Opens a page, waits until it stands still, and returns what happened meanwhile.
    pub(crate) fn open(&mut self, address: &str) -> Vec<Value> {
        self.open_still(address);
        // Fonts are there, and two frames have been drawn.
        let still = "document.fonts.ready.then(() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done))))";
        self.evaluate(still);
        std::mem::take(&mut self.events)
    }

    /// The value of an expression in the page.
    pub(crate) fn evaluate(&mut self, expression: &str) -> Value {
        let parameters =
            json!({ "expression": expression, "awaitPromise": true, "returnByValue": true });
        let answer = self.ask("Runtime.evaluate", parameters);
        assert!(
            answer.get("exceptionDetails").is_none(),
            "{expression}: {}",
            answer["exceptionDetails"]
        );
        answer["result"]["value"].clone()
    }

    /// The size of the screen, and whether its owner prefers dark pages.
    pub(crate) fn set_screen(&mut self, width: u32, height: u32, is_dark: bool) {
        let size = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600 });
        self.ask("Emulation.setDeviceMetricsOverride", size);
        let scheme = if is_dark { "dark" } else { "light" };
        let features = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
        self.ask("Emulation.setEmulatedMedia", features);
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // It ends its own children when asked; killing it would leave them to notice.
        self.session = None;
        let close = json!({ "id": self.asked + 1, "method": "Browser.close" }).to_string();
        let _ = self.socket.send(Message::text(close));
        let until = Instant::now() + Duration::from_secs(10);
        while Instant::now() < until {
            if let Ok(Some(_)) = self.child.try_wait() {
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Where the browser listens: it writes that to a file when it does.
fn address(profile: &std::path::Path) -> String {
    let until = Instant::now() + PATIENCE;
    loop {
        let text = std::fs::read_to_string(profile.join("DevToolsActivePort")).unwrap_or_default();
        if let Some((port, path)) = text.split_once('\n') {
            return format!("ws://127.0.0.1:{port}{}", path.trim());
        }
        assert!(Instant::now() < until, "the browser was started and does not listen");
        std::thread::sleep(Duration::from_millis(20));
    }
}
