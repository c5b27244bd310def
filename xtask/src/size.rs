//! `cargo xtask size`: what a visitor downloads, weighed as it travels.

use std::io::Write;

use crate::sh::{dist, read, root};
use crate::{Result, build};

/// The files of one visit, in the order they are fetched.
const FILES: [&str; 3] = ["afterimage.js", "core.js", "afterimage.wasm"];
/// What is fetched beside them where an option asks for it.
const OPTIONAL: [&str; 4] = ["canvas.js", "canvas-worker.js", "developer.js", "frames.js"];

#[derive(Clone, Copy, Default)]
struct Weight {
    raw: usize,
    gzip: usize,
    brotli: usize,
}

/// Prints the bytes of every file and fails over the budget.
///
/// # Errors
/// When the build fails or a budget is exceeded.
pub fn size(_: &[String]) -> Result {
    build::recorder()?;
    let budgets = String::from_utf8_lossy(&read(&root().join("size-budget.toml"))?).into_owned();
    println!("{:<16} {:>9} {:>9} {:>9}  budget (gzip)", "bytes", "raw", "gzip -9", "brotli 11");
    let mut total = Weight::default();
    let mut over = Vec::new();
    let mut check = |name: &str, weight: Weight| {
        let budget = budget(&budgets, name);
        let shown = budget.map_or_else(String::new, |bytes| bytes.to_string());
        println!("{name:<16} {:>9} {:>9} {:>9}  {shown}", weight.raw, weight.gzip, weight.brotli);
        if let Some(budget) = budget.filter(|budget| weight.gzip > *budget) {
            over.push(format!("{name} is {} bytes over its budget of {budget}", weight.gzip - budget));
        }
    };
    for name in FILES {
        let weight = weigh(&read(&dist().join(name))?)?;
        total = Weight {
            raw: total.raw + weight.raw,
            gzip: total.gzip + weight.gzip,
            brotli: total.brotli + weight.brotli,
        };
        check(name, weight);
    }
    check("total", total);
    for name in OPTIONAL {
        check(name, weigh(&read(&dist().join(name))?)?);
    }
    if let Some(target) = budget(&budgets, "target").filter(|target| total.gzip > *target) {
        println!("{:<16} {:>9} {:>9}  {} bytes to go", "target", "", target, total.gzip - target);
    }
    if over.is_empty() { Ok(()) } else { Err(over.join("; ")) }
}

/// The number behind `name =` in the budget file.
fn budget(budgets: &str, name: &str) -> Option<usize> {
    let lines = budgets.lines().filter_map(|line| line.split('#').next()?.split_once('='));
    let mut matching = lines.filter(|(key, _)| key.trim().trim_matches('"') == name);
    matching.next()?.1.trim().replace('_', "").parse().ok()
}

fn weigh(bytes: &[u8]) -> Result<Weight> {
    let failed = |error: std::io::Error| format!("compressing: {error}");
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    gzip.write_all(bytes).map_err(failed)?;
    let mut brotli = brotli::CompressorWriter::new(Vec::new(), 1 << 16, 11, 22);
    brotli.write_all(bytes).map_err(failed)?;
    Ok(Weight {
        raw: bytes.len(),
        gzip: gzip.finish().map_err(failed)?.len(),
        brotli: brotli.into_inner().len(),
    })
}

#[cfg(test)]
mod tests {
    use super::{budget, weigh};

    #[test]
    fn budgets_are_found_by_name() {
        let text = "# note\n\"core.js\" = 1_500 # why\ntotal = 26000\n";
        assert_eq!(budget(text, "core.js"), Some(1500));
        assert_eq!(budget(text, "total"), Some(26000));
        assert_eq!(budget(text, "afterimage.js"), None);
    }

    #[test]
    fn compressed_text_weighs_less() {
        let weight = weigh(&b"the same words again and again. ".repeat(99)).unwrap();
        assert_eq!(weight.raw, 32 * 99);
        assert!(weight.gzip < 120 && weight.brotli < weight.gzip, "{} {}", weight.gzip, weight.brotli);
    }
}
