//! `cargo xtask instructions`: how many instructions the recorder's logic takes, which no noise of a machine changes.

use std::fmt::Write as _;

use crate::sh::{cargo, output_or_error, read, root, target, write};
use crate::{Result, setup};

/// The counts that were accepted last: a name and a number a line.
const KNOWN: &str = "benches/instructions.txt";
/// More than this share above what is known fails: C libraries differ by a little of it.
const SLACK: f64 = 0.04;

/// Counts every work of `benches/work`, prints it beside what is known, and fails where it is more; `--save` keeps it.
///
/// # Errors
/// When a tool is missing, a work takes more than is known, or one is not known.
pub fn instructions(args: &[String]) -> Result {
    if cfg!(not(all(target_arch = "x86_64", target_os = "linux"))) {
        println!("instructions are counted for x86-64 and Linux: nothing is known of this machine");
        return Ok(());
    }
    setup::valgrind()?;
    let names = output_or_error(&mut bench())?;
    let known = String::from_utf8_lossy(&read(&root().join(KNOWN)).unwrap_or_default()).into_owned();
    let (mut counted, mut wrong) = (String::new(), Vec::new());
    println!("{:<24} {:>12} {:>12}", "instructions", "now", "known");
    for name in names.lines() {
        let now = count(name)?;
        let before = known_of(&known, name);
        let ratio = before.map_or_else(|| "not known".into(), |before| format!("{:.3}", ratio(now, before)));
        println!("{name:<24} {now:>12} {:>12} {ratio}", before.unwrap_or(0));
        let _ = writeln!(counted, "{name} {now}");
        if before.is_none_or(|before| is_over(now, before)) {
            wrong.push(name);
        }
    }
    if args.iter().any(|arg| arg == "--save") {
        return write(&root().join(KNOWN), counted);
    }
    if wrong.is_empty() {
        return Ok(());
    }
    Err(format!(
        "more than {KNOWN} knows: {}. Where what they bring is worth it, `cargo xtask instructions --save` in a commit that says so",
        wrong.join(", ")
    ))
}

fn bench() -> std::process::Command {
    let mut bench = cargo();
    bench.args(["bench", "--quiet", "--package", "afterimage-recorder", "--bench", "instructions", "--"]);
    bench
}

/// Instructions of one work, without what prepares it.
fn count(name: &str) -> Result<u64> {
    let file = target().join("xtask/callgrind").join(name);
    write(&file, "")?;
    let runner = format!(
        "valgrind --quiet --tool=callgrind --toggle-collect=instructions::measured* --callgrind-out-file={}",
        file.display()
    );
    output_or_error(bench().arg(name).env("CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUNNER", runner))?;
    total(&String::from_utf8_lossy(&read(&file)?))
        .ok_or_else(|| format!("{}: callgrind counted nothing", file.display()))
}

/// What callgrind's file says it counted: <https://valgrind.org/docs/manual/cl-format.html>.
fn total(file: &str) -> Option<u64> {
    let line = file.lines().find_map(|line| line.strip_prefix("totals: "))?;
    line.trim().parse().ok().filter(|count| *count > 0)
}

fn known_of(known: &str, name: &str) -> Option<u64> {
    known.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.trim().parse().ok())
}

#[allow(clippy::cast_precision_loss, reason = "a ratio of three digits")]
fn ratio(now: u64, before: u64) -> f64 {
    now as f64 / before as f64
}

fn is_over(now: u64, before: u64) -> bool {
    ratio(now, before) > 1.0 + SLACK
}

#[cfg(test)]
mod tests {
    use super::{is_over, known_of, total};

    #[test]
    fn counts_are_read_and_compared() {
        assert_eq!(total("events: Ir\nfn=(1)\n+3 7\ntotals: 1234\n"), Some(1234));
        assert_eq!(total("events: Ir\n"), None);
        let known = "insert 100\ninsert-with-secrets 200\n";
        assert_eq!(known_of(known, "insert"), Some(100));
        assert_eq!(known_of(known, "insert-with"), None);
        assert!(is_over(105, 100) && !is_over(103, 100) && !is_over(50, 100));
    }
}
