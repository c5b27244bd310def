//! Pointer and focus events wait until what they did to the page is known.
//!
//! A click that changes a protected field was on a keypad, and its place would spell the secret (PROMISES N01). It is
//! only known afterwards, so nothing of these events is written before.

use afterimage_wire::record::{Focus, Hit, Pointer};

/// An event that waits.
pub enum Event {
    /// A pointer did something.
    Pointer(Pointer),
    /// Focus moved.
    Focus(Focus),
    /// A click hit an element.
    Hit(Hit),
}

impl Event {
    /// The node it was about.
    pub fn node(&self) -> u32 {
        match self {
            Self::Pointer(p) => p.node,
            Self::Focus(f) => f.node,
            Self::Hit(h) => h.node,
        }
    }
}

/// The events that wait, with their times.
#[derive(Default)]
pub struct Held {
    events: Vec<(u32, Event)>,
}

impl Held {
    /// Adds one.
    pub fn add(&mut self, time_ms: u32, event: Event) {
        self.events.push((time_ms, event));
    }

    /// Whether none waits.
    pub fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    /// The nodes that were clicked or pressed.
    pub fn pressed(&self) -> impl Iterator<Item = u32> + '_ {
        self.events.iter().filter_map(|(_, e)| match e {
            Event::Pointer(p) => Some(p.node),
            Event::Focus(_) | Event::Hit(_) => None,
        })
    }

    /// Takes all.
    pub fn take(&mut self) -> Vec<(u32, Event)> {
        core::mem::take(&mut self.events)
    }
}
