//! An HTTP server that records what it is sent and answers as badly as a test wants: below any HTTP library, because
//! libraries refuse to misbehave. One request a connection; never more than HTTP/1.1 with Content-Length.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// The server; it ends with this handle.
#[derive(Debug)]
pub struct Sink {
    port: u16,
    recorded: watch::Sender<Vec<Recorded>>,
    accepting: JoinHandle<()>,
}

/// A request as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// `POST`.
    pub method: String,
    /// Path and query.
    pub target: String,
    /// By name in lower case.
    pub headers: BTreeMap<String, String>,
    /// The body.
    pub body: Vec<u8>,
}

/// What a request gets.
#[derive(Debug, Clone)]
pub enum Reply {
    /// A proper answer.
    Answer {
        /// The status.
        status: u16,
        /// Headers beside `Content-Length`.
        headers: Vec<(String, String)>,
        /// The body.
        body: Vec<u8>,
    },
    /// The connection is cut instead of an answer.
    Drop,
    /// Nothing, for ever.
    Silence,
    /// Status 200 and half of the promised body, then the connection is cut.
    Half,
    /// Status 200 and a body that never ends, as fast as it is read.
    Endless,
    /// Status 200 and a byte now and then, for ever.
    Drip,
    /// Status 200 once the gate is open.
    Held(Gate),
}

/// Holds answers back until it is opened. Clones are one gate.
#[derive(Debug, Clone, Default)]
pub struct Gate(Arc<watch::Sender<bool>>);

impl Gate {
    /// Lets all answers through, now and later.
    pub fn open(&self) {
        self.0.send_replace(true);
    }

    async fn opened(&self) {
        let mut open = self.0.subscribe();
        let _gate_outlives_its_waiters = open.wait_for(|open| *open).await;
    }
}

impl Reply {
    /// A proper answer with text.
    pub fn answer(status: u16, headers: &[(&str, &str)], body: impl Into<Vec<u8>>) -> Self {
        let headers = headers
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        Self::Answer {
            status,
            headers,
            body: body.into(),
        }
    }
}

impl Sink {
    /// Starts it on a free port of 127.0.0.1. The n-th request gets the n-th reply; when they are used up, the last.
    pub async fn start(replies: impl Into<Vec<Reply>>) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let port = listener.local_addr()?.port();
        let recorded = watch::Sender::default();
        let accepting = tokio::spawn(accept(listener, replies.into(), recorded.clone()));
        Ok(Self {
            port,
            recorded,
            accepting,
        })
    }

    /// Its port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// A URL on it.
    pub fn url(&self, target: &str) -> String {
        format!("http://127.0.0.1:{}{target}", self.port)
    }

    /// All requests that came in full, in order.
    pub fn recorded(&self) -> Vec<Recorded> {
        self.recorded.borrow().clone()
    }

    /// Waits until so many requests have come in full.
    pub async fn received(&self, count: usize) -> Result<()> {
        let mut recorded = self.recorded.subscribe();
        recorded.wait_for(|all| all.len() >= count).await?;
        Ok(())
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// Connections run on, each in a task of its own, until they end or the runtime does.
async fn accept(listener: TcpListener, replies: Vec<Reply>, recorded: watch::Sender<Vec<Recorded>>) {
    while let Ok((stream, _)) = listener.accept().await {
        let (replies, recorded) = (replies.clone(), recorded.clone());
        // A client that goes away in the middle is none of the sink's business.
        tokio::spawn(async move { serve(stream, &replies, &recorded).await.ok() });
    }
}

async fn serve(stream: TcpStream, replies: &[Reply], recorded: &watch::Sender<Vec<Recorded>>) -> io::Result<()> {
    let mut stream = BufReader::new(stream);
    let request = read(&mut stream).await?;
    let mut reply = None;
    recorded.send_modify(|recorded| {
        reply = replies.get(recorded.len()).or(replies.last()).cloned();
        recorded.push(request);
    });
    match reply {
        Some(reply) => write(stream.get_mut(), reply).await,
        None => Ok(()),
    }
}

async fn read(stream: &mut BufReader<TcpStream>) -> io::Result<Recorded> {
    let first = line(stream).await?;
    let mut words = first.split(' ').map(ToOwned::to_owned);
    let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let mut headers = BTreeMap::new();
    while let Some((name, value)) = line(stream).await?.split_once(':') {
        headers.insert(name.to_lowercase(), value.trim().to_owned());
    }
    let length = headers
        .get("content-length")
        .and_then(|value: &String| value.parse().ok())
        .unwrap_or(0);
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await?;
    Ok(Recorded {
        method,
        target,
        headers,
        body,
    })
}

async fn line(stream: &mut BufReader<TcpStream>) -> io::Result<String> {
    let mut line = String::new();
    if stream.read_line(&mut line).await? == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(line.trim_end().to_owned())
}

async fn write(stream: &mut TcpStream, reply: Reply) -> io::Result<()> {
    match reply {
        Reply::Answer { status, headers, body } => answer(stream, status, &headers, &body).await,
        Reply::Drop => Ok(()),
        Reply::Silence => std::future::pending().await,
        Reply::Half => {
            stream
                .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nhalf")
                .await
        }
        Reply::Endless => endless(stream, &[b'x'; 4096], Duration::ZERO).await,
        Reply::Held(gate) => {
            gate.opened().await;
            answer(stream, 200, &[], b"{}").await
        }
        Reply::Drip => endless(stream, b"x", Duration::from_millis(50)).await,
    }
}

async fn answer(stream: &mut TcpStream, status: u16, headers: &[(String, String)], body: &[u8]) -> io::Result<()> {
    let mut head = format!(
        "HTTP/1.1 {status} Told\r\nConnection: close\r\nContent-Length: {}\r\n",
        body.len()
    );
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    stream.write_all(format!("{head}\r\n").as_bytes()).await?;
    stream.write_all(body).await?;
    stream.shutdown().await
}

async fn endless(stream: &mut TcpStream, piece: &[u8], pause: Duration) -> io::Result<()> {
    stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await?;
    loop {
        stream.write_all(piece).await?;
        tokio::time::sleep(pause).await;
    }
}
