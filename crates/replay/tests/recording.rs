//! Batches in any order, twice, or not at all.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod common;

use afterimage_replay::model::Model;
use afterimage_replay::recording::{Problem, ProblemKind, Session, What};
use afterimage_wire::tree::Place;
use afterimage_wire::{Batch, Record};
use common::shop::{click, page, shop, snapshot, state};
use common::{ORIGIN_MS, batch, batches, element};

fn problems(batches: Vec<Batch>) -> Vec<ProblemKind> {
    Session::from_batches(batches).problems.into_iter().map(|p| p.kind).collect()
}

#[test]
fn order_does_not_matter() {
    let mut chain = batches(&shop(), 3);
    let wanted: Vec<Record> = shop().into_iter().map(|t| t.record).collect();
    chain.reverse();
    let session = Session::from_batches(chain);
    let found: Vec<Record> = session.page_views[0].records().cloned().collect();
    assert_eq!((found, session.problems), (wanted, vec![]));
}

#[test]
fn what_is_missing_is_named() {
    let chain = batches(&shop(), 3);
    let (without_first, mut without_two) = (chain[1..].to_vec(), chain.clone());
    without_two.drain(2..4);
    assert_eq!(problems(without_first), [ProblemKind::Missing(0, 0)]);
    assert_eq!(problems(without_two.clone()), [ProblemKind::Missing(2, 3)]);
    let session = Session::from_batches(without_two);
    let gap = session.page_views[0].events.iter().position(|e| e.what == What::Gap { first: 2, last: 3 });
    assert_eq!(gap, Some(6), "in its place");
    assert_eq!(problems(vec![]), []);
}

#[test]
fn what_came_twice_counts_once() {
    let chain = batches(&shop(), 3);
    let twice = [chain.clone(), vec![chain[1].clone(), chain[1].clone()]].concat();
    assert_eq!(problems(twice.clone()), [ProblemKind::Duplicate(1), ProblemKind::Duplicate(1)]);
    assert_eq!(Session::from_batches(twice).page_views[0].records().count(), shop().len());
}

#[test]
fn a_forged_batch_breaks_the_chain() {
    let chain = batches(&shop(), 3);
    let forged = batch(1, None, &shop()[..1]);
    for both in
        [[chain.clone(), vec![forged.clone()]].concat(), [vec![forged.clone()], chain.clone()].concat()]
    {
        assert_eq!(problems(both.clone()), [ProblemKind::Conflict(1)]);
        assert_eq!(Session::from_batches(both).page_views[0].records().count(), shop().len());
    }
    let mut replaced = chain;
    replaced[1] = forged;
    assert_eq!(problems(replaced), [ProblemKind::ChainBroken(1), ProblemKind::ChainBroken(2)]);
}

#[test]
fn strangers_are_left_out() {
    let mut chain = batches(&shop(), 9);
    let mut stranger = chain[1].clone();
    stranger.header.session = [1; 16];
    chain.push(stranger);
    let session = Session::from_batches(chain);
    let problem = Problem { page_view: [9; 8], kind: ProblemKind::OtherSession(1) };
    assert_eq!(session.problems, [problem]);
    assert_eq!(problem.to_string(), "page view 0909090909090909: batch 1 belongs to another session");
}

#[test]
fn a_clock_set_back_orders_by_the_later_setting() {
    let at = |id: u8, origin_ms: u64, sealed_ms: u64| {
        let mut batch = batches(&shop(), 99).remove(0);
        (batch.header.page_view, batch.header.origin_ms, batch.header.sealed_ms) =
            ([id; 8], origin_ms, sealed_ms);
        batch
    };
    let hour = 3_600_000;
    // The clock was an hour ahead when the first page began, and was set right before its batch was sealed.
    let (first, second) =
        (at(1, ORIGIN_MS + hour, ORIGIN_MS + 7000), at(2, ORIGIN_MS + 8000, ORIGIN_MS + 15000));
    let session = Session::from_batches(vec![second, first]);
    assert_eq!(session.page_views.iter().map(|v| v.id[0]).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(session.page_views[0].origin_ms, ORIGIN_MS + 1000);
    // Nonsense is no anchor, and no date is beyond what JavaScript can say.
    assert_eq!(Session::from_batches(vec![at(1, ORIGIN_MS, 0)]).page_views[0].origin_ms, ORIGIN_MS);
    let late = Session::from_batches(vec![at(1, u64::MAX, u64::MAX)]);
    assert_eq!(late.page_views[0].wall_ms(u32::MAX), 8_640_000_000_000_000);
}

#[test]
fn choosing_one_gives_up_the_other() {
    let radio =
        |group| element(Place::After(0), "input", &[("type", "radio"), ("name", group), ("checked", "")]);
    let body = vec![
        element(Place::Child, "form", &[]),
        element(Place::Child, "input", &[("type", "radio"), ("name", "a"), ("checked", "")]), // 7
        radio("b"),                                                                           // 8
        radio("a"),                                                                           // 9
        element(Place::After(1), "form", &[]),
        element(Place::Child, "input", &[("type", "radio"), ("name", "a"), ("checked", "")]), // 11
        element(Place::After(1), "select", &[]),
        element(Place::Child, "option", &[("selected", "")]), // 13
        element(Place::After(0), "option", &[]),              // 14
    ];
    let mut model = Model::default();
    for record in [snapshot(), page(body), state(9, 6, ""), state(14, 6, "")] {
        model.apply_strictly(&record).unwrap();
    }
    let checked = |id| model.is_checked(model.node(id).unwrap());
    let all: Vec<bool> = [7, 8, 9, 11, 13, 14].into_iter().map(checked).collect();
    assert_eq!(all, [false, true, true, true, false, true]);
}

#[test]
fn records_for_an_unknown_page_are_counted() {
    let mut model = Model::default();
    assert!(model.apply_strictly(&page(vec![])).is_err(), "no snapshot has begun");
    assert!(model.apply_strictly(&click(5, 1, 1)).is_ok());
    model.apply_strictly(&snapshot()).unwrap();
    model.apply_strictly(&page(vec![])).unwrap();
    assert!(model.apply_strictly(&state(99, 1, "x")).is_err());
    model.forget();
    assert!(model.is_empty() && model.unresolved() == 2);
}
