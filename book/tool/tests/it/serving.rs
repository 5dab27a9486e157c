//! `serve`: edits show, trouble is told, the end is quick.
//!
//! Must not know: what the pages look like.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::checkout::Checkout;

/// No step of a test takes longer on any machine.
const PATIENCE: Duration = Duration::from_secs(60);

struct Server {
    child: Child,
    address: String,
    lines: Receiver<String>,
}

impl Server {
    fn start(checkout: &Checkout) -> Self {
        let mut tool = checkout.tool(&["serve", "--port", "0"]);
        let mut child = tool.stderr(Stdio::piped()).spawn().unwrap();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        let (tell, lines) = channel();
        std::thread::spawn(move || {
            stderr.lines().map_while(Result::ok).try_for_each(|line| tell.send(line))
        });
        let mut server = Self { child, address: String::new(), lines };
        let line = server.hear("Serving");
        server.address =
            line.split("http://").nth(1).unwrap().split(' ').next().unwrap().to_owned();
        server
    }

    /// Waits for a line with this word.
    fn hear(&self, word: &str) -> String {
        let until = Instant::now() + PATIENCE;
        loop {
            let line = self
                .lines
                .recv_timeout(until - Instant::now())
                .unwrap_or_else(|_| panic!("never heard {word:?}"));
            if line.contains(word) {
                return line;
            }
        }
    }

    fn get(&self, path: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        write!(
            stream,
            "GET {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n",
            self.address
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    fn interrupt(mut self) {
        let started = Instant::now();
        kill(Pid::from_raw(self.child.id().cast_signed()), Signal::SIGINT).unwrap();
        assert_eq!(self.child.wait().unwrap().code(), Some(0));
        assert!(
            started.elapsed() < Duration::from_secs(5),
            "it took {:?} to end",
            started.elapsed()
        );
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn an_edit_of_prose_shows_without_running_a_sample() {
    let checkout = Checkout::with_ten();
    let server = Server::start(&checkout);
    let page = server.get("/map.html");
    assert!(page.starts_with("HTTP/1.1 200") && page.contains("Match #10"), "{page}");
    assert!(server.get("/nowhere.html").starts_with("HTTP/1.1 404"));
    let chapter = checkout.read("book/chapters/map.md");
    checkout.write("book/chapters/map.md", &format!("{chapter}\nTimothy smiled.\n"));
    let until = Instant::now() + PATIENCE;
    while let Ok(line) = server.lines.recv_timeout(until - Instant::now()) {
        assert!(!line.contains("Running"), "a sample ran: {line}");
        if line.contains("Reloading") {
            break;
        }
    }
    let page = server.get("/map.html");
    assert!(page.contains("Timothy smiled.") && page.contains("Match #10"), "{page}");
    server.interrupt();
}

#[test]
fn what_the_grader_found_is_served_and_never_written_to_a_page() {
    let checkout = Checkout::with_ten();
    let server = Server::start(&checkout);
    assert!(!server.get("/map.html").contains("agency-grades"));
    checkout.write(
        "target/grades.json",
        r#"{"exercises":[{"exercise":"</script>e01","status":"solved"}]}"#,
    );
    let page = server.get("/map.html");
    let grades = page.split("id=\"agency-grades\">").nth(1).expect("grades are on the page");
    let grades = grades.split("</script>").next().unwrap();
    assert!(grades.contains("\\u003c/script>e01") && grades.ends_with("}]}"), "{grades}");
    assert!(!checkout.read("target/book/map.html").contains("agency-grades"));
    server.interrupt();
}

#[test]
fn trouble_is_told_on_the_last_good_page_until_it_is_over() {
    let checkout = Checkout::with_ten();
    let server = Server::start(&checkout);
    let source = checkout.read("book/examples/ten.rs");
    checkout.sample("ten", &source.replace("Analysis Clear", "Analysis <Murky>"));
    server.hear("Reloading");
    let page = server.get("/map.html");
    assert!(
        page.contains("cannot be built")
            && page.contains("Analysis &lt;Murky>")
            && page.contains("Match #10: Analysis Clear"),
        "{page}"
    );
    // An edit of prose does not make the sample right.
    checkout.write("book/chapters/map.md", "# Nothing\n");
    server.hear("Reloading");
    assert!(server.get("/map.html").contains("cannot be built"));
    checkout.sample("ten", &source);
    server.hear("Reloading");
    let page = server.get("/map.html");
    assert!(!page.contains("cannot be built") && page.contains("Nothing"), "{page}");
    server.interrupt();
}

#[test]
fn a_book_that_cannot_be_built_yet_is_served_as_its_trouble() {
    let checkout = Checkout::new("<!-- cmdrun exit 3 -->\n");
    let server = Server::start(&checkout);
    assert!(server.get("/").contains("exit code 3"));
    checkout.write("book/chapters/map.md", "# All is well\n");
    server.hear("Reloading");
    assert!(server.get("/").contains("All is well"));
    server.interrupt();
}

#[test]
fn a_port_that_is_taken_is_told_before_anything_is_built() {
    let checkout = Checkout::with_ten();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let said = checkout.run(&["serve", "--port", &port]);
    said.complains_of(&[&format!("port {port} is taken"), "--port"]);
    assert!(!checkout.path("target").exists());
}
