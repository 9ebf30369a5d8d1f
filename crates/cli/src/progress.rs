//! How far the inputs are read, by the bytes of their files.

use crate::{args::When, log};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use scanlift_input::Progress;
use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
        mpsc::{Receiver, RecvTimeoutError, Sender, channel},
    },
    thread::{JoinHandle, spawn},
    time::Duration,
};

/// A small input is done before anyone could read a bar.
const PATIENCE: Duration = Duration::from_millis(400);
const TICK: Duration = Duration::from_millis(100);

/// A thread that tells how far the inputs are read, until it is dropped.
pub(crate) struct Watch {
    current: Arc<AtomicUsize>,
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Watch {
    /// Begins to tell, if that is wanted: a bar on a terminal, or lines in a log.
    pub(crate) fn begin(when: When, inputs: Vec<(String, Progress)>) -> Self {
        let current = Arc::new(AtomicUsize::new(0));
        let is_wanted = match when {
            When::Auto => log::on_terminal() && log::is_on(log::Level::Info),
            When::Always => true,
            When::Never => false,
        };
        if !is_wanted {
            return Self { current, stop: None, thread: None };
        }
        let (stop, stopped) = channel();
        let watched = Watched { inputs, current: Arc::clone(&current) };
        let thread =
            spawn(move || if log::on_terminal() { watched.draw(&stopped) } else { watched.tell(&stopped) });
        Self { current, stop: Some(stop), thread: Some(thread) }
    }

    /// Says which input is being read.
    pub(crate) fn at(&self, index: usize) {
        self.current.store(index, Ordering::Relaxed);
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

struct Watched {
    inputs: Vec<(String, Progress)>,
    current: Arc<AtomicUsize>,
}

impl Watched {
    fn total(&self) -> u64 {
        self.inputs.iter().filter_map(|(_, progress)| progress.total()).sum()
    }

    /// Bytes so far, and what is being read.
    fn position(&self) -> (u64, &str) {
        let current = self.current.load(Ordering::Relaxed).min(self.inputs.len().saturating_sub(1));
        let done: u64 = self.inputs.iter().take(current).filter_map(|(_, progress)| progress.total()).sum();
        match self.inputs.get(current) {
            Some((label, progress)) => (done + progress.consumed(), label),
            None => (done, ""),
        }
    }

    fn draw(&self, stopped: &Receiver<()>) {
        if is_stopped(stopped, PATIENCE) {
            return;
        }
        let bar = ProgressBar::with_draw_target(Some(self.total()), ProgressDrawTarget::stderr());
        let template = "{bar:30} {percent:>3}% of {total_bytes} ({binary_bytes_per_sec}, {eta} left) {msg}";
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style.progress_chars("=> "));
        }
        loop {
            let (position, label) = self.position();
            bar.set_message(log::escape(label).into_owned());
            bar.set_position(position);
            if is_stopped(stopped, TICK) {
                break;
            }
        }
        bar.finish_and_clear();
    }

    fn tell(&self, stopped: &Receiver<()>) {
        let total = self.total().max(1);
        let mut told = 0;
        while !is_stopped(stopped, TICK) {
            let (position, label) = self.position();
            let tenth = position.saturating_mul(10) / total;
            if tenth > told && tenth < 10 {
                log::info(&format!("{}% of {} MB read, now {label}", tenth * 10, total.div_ceil(1_000_000)));
                told = tenth;
            }
        }
    }
}

fn is_stopped(stopped: &Receiver<()>, wait: Duration) -> bool {
    !matches!(stopped.recv_timeout(wait), Err(RecvTimeoutError::Timeout))
}
