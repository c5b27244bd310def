//! How long the recorder's logic takes natively: `cargo bench --bench time`. The browser's part is not in it; that is
//! what `cargo xtask bench` measures.

mod work;

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};

fn all(criterion: &mut Criterion) {
    for (name, prepare) in work::WORKS {
        criterion.bench_function(name, |bencher| {
            bencher.iter_batched(prepare, |work| work(), BatchSize::PerIteration)
        });
    }
}

criterion_group!(benches, all);
criterion_main!(benches);
