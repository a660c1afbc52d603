//! Opens the page in headless Chromium, and asks which code has run when the first board stands.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use crate::module::Fault;

/// How long one view of the page may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// Opens the page in sizes other than the window's.
const VIEWS: &str = include_str!("views.html");

/// Chromium, where there is one: what the environment variable CHROMIUM names, or the first on PATH.
pub fn chromium() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os("CHROMIUM") {
        return Some(named.into());
    }
    let path = std::env::var_os("PATH")?;
    let names = ["chromium", "chromium-browser", "google-chrome"];
    names.iter().find_map(|name| {
        std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file())
    })
}

/// Serves the page in `folder`, with `instead` in place of some files, to Chromium. The answer says of each mark whether
/// it was set in any view; it is nothing when Chromium did not bring the page to its end.
pub fn measure(
    chromium: &Path,
    folder: &Path,
    instead: &BTreeMap<String, Vec<u8>>,
    marks: usize,
) -> Result<Option<Vec<bool>>, Fault> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    let (sender, receiver) = channel();
    let pages = Pages { folder: folder.to_owned(), instead: instead.clone(), sender };
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let pages = pages.clone();
            std::thread::spawn(move || pages.answer(stream));
        }
    });

    let profile = std::env::temp_dir().join(format!("split-{}", std::process::id()));
    let mut browser = Command::new(chromium)
        .args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-background-networking",
            "--no-first-run",
        ])
        .args(["--window-size=1400,900", "--hide-scrollbars", "--remote-debugging-port=0"])
        .arg(format!("--user-data-dir={}", profile.display()))
        .arg(format!("http://{address}/"))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    let seen = collect(&receiver, marks);
    let _ = browser.kill();
    let _ = browser.wait();
    let _ = std::fs::remove_dir_all(profile);
    Ok(seen)
}

/// The union of the marks of all views, once the last one has come.
fn collect(receiver: &Receiver<Vec<u8>>, marks: usize) -> Option<Vec<bool>> {
    let mut seen = vec![false; marks];
    loop {
        let view = receiver.recv_timeout(PATIENCE).ok()?;
        if view.is_empty() {
            return Some(seen);
        }
        for (seen, mark) in seen.iter_mut().zip(view) {
            *seen |= mark != 0;
        }
    }
}

#[derive(Clone)]
struct Pages {
    folder: PathBuf,
    instead: BTreeMap<String, Vec<u8>>,
    sender: Sender<Vec<u8>>,
}

impl Pages {
    /// Answers one request. Whatever is wrong with it, the browser will ask no more, and the measurement ends.
    fn answer(&self, stream: TcpStream) -> Option<()> {
        let mut reader = BufReader::new(stream);
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let target = line.split(' ').nth(1)?.to_owned();
        let mut length = 0;
        loop {
            let mut header = String::new();
            reader.read_line(&mut header).ok()?;
            if header.trim().is_empty() {
                break;
            }
            let (name, value) = header.split_once(':')?;
            if name.eq_ignore_ascii_case("content-length") {
                length = value.trim().parse().ok()?;
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).ok()?;

        let name = target.split('?').next()?.trim_start_matches('/');
        let name = if name.is_empty() { "index.html" } else { name };
        let file = match name {
            "marks" => {
                self.sender.send(body).ok()?;
                Some(Vec::new())
            }
            "views.html" => Some(VIEWS.as_bytes().to_vec()),
            // Names with a folder in them are none of the page's.
            _ if name.contains('/') => None,
            _ => self.instead.get(name).cloned().or_else(|| std::fs::read(self.folder.join(name)).ok()),
        };
        let kind = match name.rsplit('.').next() {
            Some("html") => "text/html; charset=utf-8",
            Some("js") => "text/javascript",
            Some("css") => "text/css",
            Some("svg") => "image/svg+xml",
            Some("wasm") => "application/wasm",
            _ => "application/octet-stream",
        };
        let status = if file.is_some() { "200 OK" } else { "404 Not Found" };
        let file = file.unwrap_or_default();
        let mut stream = reader.into_inner();
        let head = format!(
            "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
            file.len()
        );
        stream.write_all(head.as_bytes()).ok()?;
        stream.write_all(&file).ok()
    }
}
