//! Random pages and random changes: the model must say what a naive model says.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod common;

use afterimage_replay::model::Model;
use afterimage_wire::{Record, Timed};
use common::{Op, Page, batches};
use proptest::prelude::*;

fn ops(longest: usize) -> impl Strategy<Value = Vec<Op>> {
    proptest::collection::vec(any::<Op>(), 0..longest)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn replayed_records_give_the_page(ops in ops(150), size in 1usize..40) {
        let page = Page::of(&ops);
        let decoded: Vec<Timed> = batches(&page.records, size).into_iter().flat_map(|b| b.records).collect();
        let (mut model, mut done) = (Model::default(), 0);
        for (records, wanted) in &page.checks {
            for timed in &decoded[done..*records] {
                model.apply_strictly(&timed.record).unwrap();
            }
            done = *records;
            prop_assert_eq!(&model.canonical_nodes(), wanted);
        }
    }

    #[test]
    fn lost_and_shuffled_records_harm_nobody(ops in ops(80), order in any::<u64>()) {
        let page = Page::of(&ops);
        let mut records: Vec<Record> = page.records.into_iter().map(|t| t.record).collect();
        let mut state = order | 1;
        let mut random = |n: usize| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as usize % n
        };
        for _ in 0..records.len() / 4 {
            let (a, b) = (random(records.len()), random(records.len()));
            records.swap(a, b);
        }
        let mut model = Model::default();
        records.iter().for_each(|r| model.apply(r));
        // Whatever is left is a tree: every node is reached exactly once from the document.
        if model.document() != 0 {
            prop_assert_eq!(model.subtree(model.document()).len(), model.len());
        }
    }
}
