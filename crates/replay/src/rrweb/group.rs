//! A page view and those in its frames that recorded themselves: each is exported by itself, on one clock, and what is in a
//! frame becomes the frame's document when both are known.

use super::{Exported, Exporter, Out};
use crate::frames::{around, outermost};
use crate::model::{Model, State};
use crate::recording::{Problem, Session};
use crate::timeline::timeline;

/// Exports page view after page view, each with what is in its frames.
pub(super) fn play(session: &Session, adopts: bool, out: &dyn Out) -> Exported {
    let views = &session.page_views;
    let around = around(session);
    let mut exported = Exported { problems: Vec::new(), spans: vec![(0, 0); views.len()] };
    for (number, view) in views.iter().enumerate().filter(|(number, _)| around.get(*number) == Some(&None)) {
        let shift = out.now().saturating_sub(view.start_ms());
        let numbers: Vec<usize> =
            (0..views.len()).filter(|inner| outermost(&around, *inner) == Some(number)).collect();
        let member = |inner: &usize| {
            let outer = around.get(*inner).copied().flatten();
            let outer = outer.and_then(|outer| numbers.iter().position(|n| *n == outer));
            let exporter = Exporter::new(views.get(*inner)?, shift, *inner != number, adopts, out);
            Some(Member { number: *inner, outer, frame: None, exporter })
        };
        Group { members: numbers.iter().filter_map(member).collect(), shown: 1 }.play(&mut exported);
        let whole = (view.start_ms() + shift, out.now());
        exported.spans.iter_mut().skip(number).take(1).for_each(|span| *span = whole);
    }
    exported
}

/// One page view.
struct Member<'a> {
    /// Which of the session.
    number: usize,
    /// The one around it.
    outer: Option<usize>,
    /// The element there that shows it.
    frame: Option<u32>,
    exporter: Exporter<'a>,
}

struct Group<'a> {
    members: Vec<Member<'a>>,
    /// How often something was put into a frame, and one.
    shown: u64,
}

impl Group<'_> {
    /// Exports all that happened in the order of time.
    fn play(mut self, exported: &mut Exported) {
        let mut moments = Vec::new();
        for (index, Member { number, exporter, .. }) in self.members.iter().enumerate() {
            let stamped = timeline(exporter.view).into_iter().map(|m| (exporter.stamp(m.time_ms), index, m));
            let first = moments.len();
            moments.extend(stamped);
            let mut times = moments.iter().skip(first).map(|(at, ..)| *at);
            let from = times.next().unwrap_or(0);
            let span = (from, times.next_back().unwrap_or(from));
            exported.spans.iter_mut().skip(*number).take(1).for_each(|s| *s = span);
        }
        moments.sort_by_key(|(at, ..)| *at);
        for (at, index, moment) in moments {
            if let Some(member) = self.members.get_mut(index) {
                member.exporter.moment(moment);
            }
            self.settle(index, at);
        }
        for index in 0..self.members.len() {
            let Some(Member { exporter, .. }) = self.members.get_mut(index) else { continue };
            exporter.end();
            let at = exporter.player.at;
            self.settle(index, at);
        }
        for Member { exporter, .. } in &mut self.members {
            let id = exporter.view.id;
            exported.problems.extend(exporter.finish().map(|kind| Problem { page_view: id, kind }));
        }
    }

    /// Puts into frames what can be, after something happened in a page view.
    fn settle(&mut self, index: usize, at: u64) {
        self.leave(index);
        let Some(Member { outer, exporter, .. }) = self.members.get_mut(index) else { return };
        let (outer, waits) = (*outer, std::mem::take(&mut exporter.waits));
        let id = exporter.view.id;
        for node in std::mem::take(&mut exporter.player.came) {
            self.show(index, node, at);
        }
        if waits {
            let shown = |member: &Member<'_>| member.exporter.model.frame_of(&id);
            if let Some(outer) = outer
                && let Some(node) = self.members.get(outer).and_then(shown)
            {
                self.show(outer, node, at);
            }
            self.members.iter_mut().skip(index).take(1).for_each(|m| m.exporter.release());
        }
    }

    /// What is in frames that the player has no longer, or anew, is not there.
    fn leave(&mut self, outer: usize) {
        let Some(Member { exporter, .. }) = self.members.get_mut(outer) else { return };
        let anew = std::mem::take(&mut exporter.player.anew);
        let gone: Vec<u32> = self
            .members
            .iter()
            .filter(|m| m.outer == Some(outer))
            .filter_map(|m| m.frame)
            .filter(|frame| anew || !self.has(outer, *frame))
            .collect();
        gone.into_iter().for_each(|frame| self.clear(outer, frame));
    }

    fn has(&self, index: usize, node: u32) -> bool {
        self.members.get(index).is_some_and(|m| m.exporter.player.sent.contains_key(&node))
    }

    /// What was in a frame gets no further.
    fn clear(&mut self, outer: usize, frame: u32) {
        for member in &mut self.members {
            if member.outer == Some(outer) && member.frame == Some(frame) {
                member.frame = None;
                member.exporter.player.clear();
            }
        }
    }

    /// Puts into a frame what it shows, if the player has the one and all of the other is known.
    fn show(&mut self, outer: usize, node: u32, at: u64) {
        let Some(Member { exporter: around, .. }) = self.members.get(outer) else { return };
        let frame = around.player.ids.of(node);
        let can =
            |model: &Model| model.node(node).is_some_and(|n| n.name() == "iframe" && n.blocked.is_none());
        let id = around.model.frame(node).to_vec();
        let can = can(&around.model) && self.has(outer, node);
        let known = |m: &Member<'_>| m.exporter.model.state() == State::Complete || m.exporter.snapshots > 0;
        let inner =
            self.members.iter().position(|m| m.outer == Some(outer) && *id == m.exporter.view.id && known(m));
        let Some(inner) = inner.filter(|_| can) else { return };
        self.clear(outer, node);
        self.shown += 1;
        let space = self.shown;
        let Some(Member { frame: shown, exporter, .. }) = self.members.get_mut(inner) else { return };
        *shown = Some(node);
        exporter.player.at = at;
        exporter.player.keyframe(&exporter.model, Some((frame, space)));
        self.settle(inner, at);
    }
}
