//! A system that is a program of this machine: started, spoken with over its standard streams, and ended. What it
//! writes is bounded, whatever it writes.

use crate::config::secret;
use leeway_core::action::lookalike::marked;
use leeway_core::classify::redact::REDACTED;
use leeway_core::govern::system::System;
use process_wrap::tokio::{ChildWrapper, CommandWrap, KillOnDrop, ProcessGroup};
use rmcp::RoleClient;
use rmcp::model::{ClientJsonRpcMessage, ServerJsonRpcMessage};
use rmcp::transport::Transport;
use rmcp::transport::async_rw::AsyncRwTransport;
use std::collections::VecDeque;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::process::Stdio;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader, ReadBuf};
use tokio::process::{ChildStderr, ChildStdin, ChildStdout};
use tokio_util::sync::CancellationToken;

/// Variables of our own environment a child process gets besides those configured.
const PASSED_ON: [&str; 4] = ["PATH", "HOME", "LANG", "TZ"];
/// Longest message of a system, bytes.
const LONGEST_MESSAGE: usize = 16 * 1024 * 1024;
/// How long a program may take to end by itself.
const LONGEST_END: Duration = Duration::from_secs(3);
/// What is kept of what a program wrote to its standard error: so many lines, of so many bytes each.
const KEPT_LINES: usize = 5;
const LONGEST_LINE: usize = 300;
/// Shorter credentials are not looked for: they would be found in anything.
const SHORTEST_SECRET: usize = 6;

/// What a program wrote last to its standard error.
#[derive(Clone, Debug, Default)]
pub struct LastWords {
    lines: Arc<Mutex<VecDeque<String>>>,
    /// Nothing more comes.
    over: CancellationToken,
    /// What it was given that is nobody's business.
    secrets: Arc<OnceLock<Vec<String>>>,
}

/// How long is waited for what a program that ends still writes.
const LONGEST_LAST_WORDS: Duration = Duration::from_millis(500);

impl LastWords {
    fn note(&self, line: &[u8]) -> Option<String> {
        let text = String::from_utf8_lossy(line);
        let mut text = marked(text.trim()).into_owned();
        for secret in self.secrets.get().into_iter().flatten() {
            text = text.replace(secret.as_str(), REDACTED);
        }
        if text.is_empty() {
            return None;
        }
        let mut lines = self.lines();
        if lines.len() == KEPT_LINES {
            lines.pop_front();
        }
        lines.push_back(text.clone());
        Some(text)
    }

    /// Them, for people.
    pub fn told(&self) -> Vec<String> {
        self.lines().iter().cloned().collect()
    }

    /// A sentence with them behind it, where there are any. A program that ends is heard to its end, for a moment.
    pub async fn after(&self, why: &str) -> String {
        let _ = tokio::time::timeout(LONGEST_LAST_WORDS, self.over.cancelled()).await;
        let lines = self.lines();
        if lines.is_empty() {
            return why.to_owned();
        }
        let words: Vec<&str> = lines.iter().map(String::as_str).collect();
        format!("{why}; it wrote: {}", words.join(" / "))
    }

    fn lines(&self) -> MutexGuard<'_, VecDeque<String>> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A running program, spoken with in lines.
pub struct Child {
    program: Option<Box<dyn ChildWrapper>>,
    streams: AsyncRwTransport<RoleClient, Lines<ChildStdout>, ChildStdin>,
}

impl Child {
    /// Runs a system's program. What it writes to its standard error goes to our log and its last words.
    pub fn run(system: &System, command: &str, words: &LastWords) -> Result<Self, String> {
        let cannot = |error: io::Error| match error.kind() {
            io::ErrorKind::NotFound => {
                format!("cannot run `{command}`: there is no such program on this machine's PATH")
            }
            _ => format!("cannot run `{command}`: {error}"),
        };
        let mut process = tokio::process::Command::new(command);
        process.args(&system.args).env_clear();
        for name in PASSED_ON {
            if let Ok(value) = std::env::var(name) {
                process.env(name, value);
            }
        }
        let mut secrets = Vec::new();
        for (name, reference) in &system.env {
            let value = secret::resolve(reference).map_err(|error| error.to_string())?;
            if secret::is_reference(reference) && value.len() >= SHORTEST_SECRET {
                secrets.push(value.clone());
            }
            process.env(name, value);
        }
        // The same for each of its programs: what was given before is hidden too.
        let _ = words.secrets.set(secrets);
        if let Some(cwd) = &system.cwd {
            process.current_dir(cwd);
        }
        process
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut wrapped = CommandWrap::from(process);
        wrapped.wrap(ProcessGroup::leader()).wrap(KillOnDrop);
        let mut program = wrapped.spawn().map_err(cannot)?;
        let inner = program.inner_mut();
        let (stdin, stdout, stderr) = (
            inner.stdin().take(),
            inner.stdout().take(),
            inner.stderr().take(),
        );
        if let Some(stderr) = stderr {
            tokio::spawn(hear(system.name.clone(), stderr, words.clone()));
        }
        let streams = stdin.zip(stdout);
        let (stdin, stdout) = streams.ok_or_else(|| cannot(io::ErrorKind::BrokenPipe.into()))?;
        Ok(Self {
            program: Some(program),
            streams: AsyncRwTransport::new(Lines::of(stdout), stdin),
        })
    }

    async fn end(&mut self) -> io::Result<()> {
        let Some(mut program) = self.program.take() else {
            return Ok(());
        };
        let closed = self.streams.close().await;
        if tokio::time::timeout(LONGEST_END, program.wait())
            .await
            .is_err()
        {
            Box::into_pin(program.kill()).await?;
        }
        closed
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        if let Some(mut program) = self.program.take() {
            tokio::spawn(async move {
                if let Err(error) = Box::into_pin(program.kill()).await {
                    tracing::debug!(%error, "a system's program cannot be ended");
                }
            });
        }
    }
}

impl Transport<RoleClient> for Child {
    type Error = io::Error;

    fn send(
        &mut self,
        message: ClientJsonRpcMessage,
    ) -> impl Future<Output = io::Result<()>> + Send + 'static {
        self.streams.send(message)
    }

    fn receive(&mut self) -> impl Future<Output = Option<ServerJsonRpcMessage>> + Send {
        self.streams.receive()
    }

    fn close(&mut self) -> impl Future<Output = io::Result<()>> + Send {
        self.end()
    }
}

/// A child's standard error, line by line: its words are not ours, and of a long line only the beginning is kept.
async fn hear(system: String, stderr: ChildStderr, words: LastWords) {
    let mut reader = BufReader::new(stderr);
    let mut line = Vec::new();
    let say = |line: &[u8]| {
        if let Some(line) = words.note(line) {
            tracing::debug!(%system, line = %line.escape_debug(), "system wrote to stderr");
        }
    };
    while let Ok(part) = reader.fill_buf().await {
        if part.is_empty() {
            break;
        }
        let end = part.iter().position(|byte| *byte == b'\n');
        let of_line = &part[..end.unwrap_or(part.len())];
        let room = LONGEST_LINE.saturating_sub(line.len());
        line.extend_from_slice(&of_line[..of_line.len().min(room)]);
        let read = end.map_or(part.len(), |end| end + 1);
        reader.consume(read);
        if end.is_some() {
            say(&line);
            line.clear();
        }
    }
    say(&line);
    words.over.cancel();
}

/// A stream of lines that ends where one is too long.
struct Lines<R> {
    stream: R,
    of_line: usize,
}

impl<R> Lines<R> {
    fn of(stream: R) -> Self {
        Self { stream, of_line: 0 }
    }
}

impl<R: AsyncRead + Unpin> AsyncRead for Lines<R> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        let new = &buffer.filled()[before..];
        self.of_line = match new.iter().rposition(|byte| *byte == b'\n') {
            Some(end) => new.len() - end - 1,
            None => self.of_line + new.len(),
        };
        if self.of_line > LONGEST_MESSAGE {
            let why = format!("a message of more than {LONGEST_MESSAGE} bytes");
            return Poll::Ready(Err(io::Error::new(io::ErrorKind::InvalidData, why)));
        }
        read
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::AsyncReadExt;

    #[tokio::test]
    async fn a_line_without_end_ends_the_stream_and_many_lines_do_not() {
        let line = [vec![b'x'; LONGEST_MESSAGE - 1], vec![b'\n']].concat();
        let many = [line.clone(), line].concat();
        let mut read = Vec::new();
        Lines::of(&many[..]).read_to_end(&mut read).await.unwrap();
        assert_eq!(read.len(), many.len());
        let endless = tokio::io::repeat(b'x');
        let mut buffer = vec![0; 64 * 1024];
        let mut lines = Lines::of(endless);
        let mut total = 0;
        let error = loop {
            match lines.read(&mut buffer).await {
                Ok(read) => total += read,
                Err(error) => break error,
            }
        };
        assert_eq!(error.kind(), io::ErrorKind::InvalidData);
        assert!(total <= LONGEST_MESSAGE);
    }

    #[tokio::test]
    async fn last_words_are_few_short_and_turn_no_terminal() {
        let words = LastWords::default();
        assert_eq!(words.after("it ended").await, "it ended");
        for n in 0..20 {
            words.note(format!("line {n}\u{1b}[31m").as_bytes());
        }
        words.note(b"  \r");
        let told = words.after("it ended").await;
        assert!(told.starts_with("it ended; it wrote: line 15"), "{told}");
        assert!(!told.contains('\u{1b}'), "{told}");
    }
}
