//! Page views in frames of others: pages of other origins that recorded themselves, into the session of the page around them.

use afterimage_wire::Record;

use crate::recording::{PageView, Session};

/// For each page view of a session the one around it. Both must name each other, so that neither can take a place in a page,
/// or a page in itself, that it was not given.
pub(crate) fn around(session: &Session) -> Vec<Option<usize>> {
    let views = &session.page_views;
    let mut all: Vec<Option<usize>> = views.iter().map(|view| page_around(views, view)).collect();
    for inner in 0..all.len() {
        if outermost(&all, inner).is_none() {
            all.iter_mut().skip(inner).take(1).for_each(|around| *around = None);
        }
    }
    all
}

/// The page view that a page view is shown in; none where they stand in a circle.
pub(crate) fn outermost(around: &[Option<usize>], inner: usize) -> Option<usize> {
    let mut at = inner;
    for _ in around {
        match around.get(at).copied().flatten() {
            Some(outer) => at = outer,
            None => return Some(at),
        }
    }
    None
}

fn page_around(views: &[PageView], view: &PageView) -> Option<usize> {
    let outer = named(view, true).next()?;
    views.iter().position(|o| o.id == *outer && o.id != view.id && named(o, false).any(|id| *id == view.id))
}

/// The ids of page views that a page view names, as the one around it or as those inside.
fn named(view: &PageView, around: bool) -> impl Iterator<Item = &[u8]> {
    view.records().filter_map(move |record| match record {
        Record::Frame(frame) if (frame.node == 0) == around => Some(&*frame.other),
        _ => None,
    })
}
