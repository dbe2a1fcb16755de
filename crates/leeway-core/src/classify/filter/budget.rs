//! What one run of a filter may use. Filters are other people's programs over other people's values, so each run
//! has a fixed amount of steps, memory and stack, the same on every machine; a run that needs more ends.
//!
//! A run is ended by unwinding, for jaq has no other way out of its loops, and so that nothing in a filter (`try`,
//! `?`, `//`, `first(…)`) can go on after it. Every operation on a value counts here ([`super::value`]), and jaq's
//! evaluator can neither loop nor grow without operations on values.

#[cfg(panic = "abort")]
compile_error!("filters are stopped by unwinding: build with panic = \"unwind\"");

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

/// Steps of one run: a value handed on is one, and so are about 64 bytes of text that are looked through. A
/// second's worth, about, for the slowest.
const STEPS: u64 = 4_000_000;
/// Memory that one run may take for lists, objects and texts, bytes, whether it still needs it or not.
const BYTES: u64 = 96 << 20;
/// Values that one run may have in its hands at a time, besides those that lie in lists and objects. Each stands
/// for up to half a kilobyte of what jaq keeps for it.
const LIVE: u64 = 150_000;
/// Longest text that a filter may make, bytes.
pub const LONGEST_TEXT: usize = 8 << 20;
/// Deepest value that a filter may make, levels of lists and objects.
pub const DEEPEST: u32 = 128;

/// Stack of the thread that a filter runs in when the caller's may be too small, bytes. Only what is touched is
/// memory.
const OWN_STACK: usize = 64 << 20;

/// Why a run was ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// It takes too many steps.
    Steps,
    /// It needs too much memory at a time or in all, or makes too long a text or number.
    Memory,
    /// It makes too deep a value.
    Depth,
    /// A text holds JSON that is too deep, or a number in it too long.
    Json,
    /// A regular expression is too large for the text it is matched with.
    Regex,
    /// It goes too deep into itself, or follows too long a path.
    Stack,
    /// It came to a place that its evaluator cannot get out of.
    Broken,
}

impl Stop {
    /// What is said of it.
    pub fn words(self) -> String {
        match self {
            Self::Steps => format!("it takes more than {STEPS} steps"),
            Self::Memory => format!(
                "it makes too much: at most {} MB in all, {} MB in one text",
                BYTES >> 20,
                LONGEST_TEXT >> 20
            ),
            Self::Depth => format!("it makes more than {DEEPEST} levels"),
            Self::Json => format!(
                "a text holds more than {} levels of JSON, or too long a number",
                crate::nesting::DEEPEST
            ),
            Self::Regex => "a regular expression is too large for its text".to_owned(),
            Self::Stack => "it is nested too deep to be run".to_owned(),
            Self::Broken => "it came to a place that cannot be worked out".to_owned(),
        }
    }
}

struct Meter {
    steps: Cell<u64>,
    bytes: Cell<u64>,
    live: Cell<u64>,
    /// Where the stack was when the run began, and how far from there it may go.
    base: Cell<usize>,
    stack: Cell<usize>,
    hops: Cell<u32>,
}

impl Meter {
    const fn without_bounds() -> Self {
        Self {
            steps: Cell::new(u64::MAX),
            bytes: Cell::new(u64::MAX),
            live: Cell::new(u64::MAX / 2),
            base: Cell::new(0),
            stack: Cell::new(usize::MAX),
            hops: Cell::new(u32::MAX),
        }
    }

    fn set(&self, to: &Self) {
        self.steps.set(to.steps.get());
        self.bytes.set(to.bytes.get());
        self.live.set(to.live.get());
        self.base.set(to.base.get());
        self.stack.set(to.stack.get());
        self.hops.set(to.hops.get());
    }
}

thread_local! {
    static METER: Meter = const { Meter::without_bounds() };
}

/// Counts steps.
#[inline]
pub fn spend(steps: usize) {
    METER.with(|meter| {
        let left = meter.steps.get();
        if left < steps as u64 {
            stop(Stop::Steps);
            return;
        }
        meter.steps.set(left - steps as u64);
    });
}

/// Counts memory that is taken, bytes.
#[inline]
pub fn make(bytes: usize) {
    METER.with(|meter| match meter.bytes.get().checked_sub(bytes as u64) {
        Some(left) => meter.bytes.set(left),
        None => stop(Stop::Memory),
    });
}

/// Counts the memory of a text, and refuses one that is too long.
#[inline]
pub fn make_text(bytes: usize) {
    if bytes > LONGEST_TEXT {
        stop(Stop::Memory);
    }
    make(bytes);
    spend(bytes / 64);
}

/// Counts a value that is taken in hand, as a step, and looks how deep the stack is.
#[inline]
pub fn born() {
    METER.with(|meter| {
        let (steps, live) = (meter.steps.get(), meter.live.get());
        if steps == 0 || live == 0 || meter.base.get().saturating_sub(here()) > meter.stack.get() {
            stop(match (steps, live) {
                (0, _) => Stop::Steps,
                (_, 0) => Stop::Memory,
                _ => Stop::Stack,
            });
            return;
        }
        meter.steps.set(steps - 1);
        meter.live.set(live - 1);
    });
}

/// Counts a value that is let go.
#[inline]
pub fn gone() {
    METER.with(|meter| meter.live.set(meter.live.get().saturating_add(1)));
}

/// Checks how many steps of a path led to a value: jaq keeps a path as a chain that it takes apart by recursion.
#[inline]
pub fn hops(hops: u32) {
    if hops > HERE.hops {
        METER.with(|meter| {
            if hops > meter.hops.get() {
                stop(Stop::Stack);
            }
        });
    }
}

/// Ends the run.
#[cold]
pub fn stop(why: Stop) {
    if !std::thread::panicking() {
        resume_unwind(Box::new(why));
    }
}

/// Where the stack is, about.
#[inline]
fn here() -> usize {
    let mark = 0_u8;
    std::ptr::from_ref(std::hint::black_box(&mark)).addr()
}

/// How far the stack may go, bytes, and how long a path may be.
#[derive(Clone, Copy)]
struct Room {
    stack: usize,
    hops: u32,
}

/// On whatever thread the caller has: a small part of the two megabytes that threads have by default.
const HERE: Room = Room {
    stack: 192 << 10,
    hops: 500,
};
const OWN: Room = Room {
    stack: 36 << 20,
    hops: 50_000,
};

/// Runs within the budget: on this thread where it fits, else anew on one with a large stack. `deep` says that it
/// will not fit here.
pub fn run<T: Send>(deep: bool, work: impl Fn() -> T + Sync) -> Result<T, Stop> {
    if !deep {
        match metered(HERE, &work) {
            Err(Stop::Stack) => {}
            done => return done,
        }
    }
    on_large_stack(OWN_STACK, || metered(OWN, &work)).unwrap_or(Err(Stop::Stack))
}

/// Runs on a thread of its own; `None` when there is none to be had.
pub fn on_large_stack<T: Send>(bytes: usize, work: impl FnOnce() -> T + Send) -> Option<T> {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new()
            .stack_size(bytes)
            .spawn_scoped(scope, work);
        thread.ok()?.join().ok()
    })
}

fn metered<T>(room: Room, work: &impl Fn() -> T) -> Result<T, Stop> {
    let bounds = Meter {
        steps: Cell::new(STEPS),
        bytes: Cell::new(BYTES),
        live: Cell::new(LIVE),
        base: Cell::new(here()),
        stack: Cell::new(room.stack),
        hops: Cell::new(room.hops),
    };
    METER.with(|meter| meter.set(&bounds));
    let done = catch_unwind(AssertUnwindSafe(work));
    METER.with(|meter| meter.set(&Meter::without_bounds()));
    done.map_err(|why| why.downcast_ref().copied().unwrap_or(Stop::Broken))
}
