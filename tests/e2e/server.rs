//! A web server for static files, as plain as they come: what works here works on any host.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Component, Path, PathBuf};
use std::sync::LazyLock;
use std::thread;

use crate::dist::dist;

/// The page stands below a path, as on a shared host: addresses that are not relative would miss it.
const BASE: &str = "/some/path/";

static ADDRESS: LazyLock<String> = LazyLock::new(|| {
    let directory = dist();
    assert!(
        directory.join("index.html").is_file(),
        "no page in {}: run `./dev build` first",
        directory.display()
    );
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("a bound listener has an address");
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let directory = directory.clone();
            // A browser that goes away in the middle of an answer is no error.
            thread::spawn(move || answer(&directory, stream).ok());
        }
    });
    format!("http://{address}{BASE}")
});

/// The address of the page, with the slash at its end. Starts the server at the first call.
pub fn address() -> &'static str {
    &ADDRESS
}

fn answer(directory: &Path, mut stream: TcpStream) -> std::io::Result<()> {
    let mut lines = BufReader::new(&stream).lines();
    let request = lines.next().transpose()?.unwrap_or_default();
    for header in lines.by_ref() {
        if header?.is_empty() {
            break;
        }
    }
    let target = request.split(' ').nth(1).unwrap_or_default();
    let (status, kind, body) = match file(directory, target.split('?').next().unwrap_or_default()) {
        Some((path, body)) => ("200 OK", media_type(&path), body),
        None => ("404 Not Found", "text/plain", b"Not found.\n".to_vec()),
    };
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    )?;
    stream.write_all(&body)
}

fn file(directory: &Path, target: &str) -> Option<(PathBuf, Vec<u8>)> {
    let name = match target.strip_prefix(BASE)? {
        "" => "index.html",
        name => name,
    };
    let inside = Path::new(name).components().all(|part| matches!(part, Component::Normal(_)));
    let path = directory.join(name);
    inside.then(|| std::fs::read(&path).ok()).flatten().map(|body| (path, body))
}

fn media_type(path: &Path) -> &'static str {
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("html") => "text/html; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("js" | "mjs") => "text/javascript; charset=utf-8",
        Some("wasm") => "application/wasm",
        Some("json") => "application/json",
        Some("yaml") => "application/yaml",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("txt") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}
