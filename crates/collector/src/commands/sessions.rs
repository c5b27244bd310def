//! `afterimage sessions`.

use std::io::{self, BufWriter, Write};

use super::{Failure, block_on, open};
use crate::cli::Data;
use crate::index::{Session, Slice};

pub(crate) fn sessions(data: &Data) -> Result<(), Failure> {
    let (journal, index) = open(data)?;
    let sessions = block_on(async {
        index.catch_up(&journal).await?;
        Ok(index.sessions(Slice::All).await?)
    })?;
    let mut out = BufWriter::new(io::stdout().lock());
    for session in &sessions {
        writeln!(out, "{}", line(session))?;
    }
    Ok(out.flush()?)
}

/// Columns with a tab between, so that both people and `cut` can read them.
fn line(s: &Session) -> String {
    let seconds = s.ended_ms.saturating_sub(s.started_ms) / 1000;
    [
        s.id.clone(),
        utc(s.started_ms),
        format!("{}:{:02}", seconds / 60, seconds % 60),
        count(s.page_views, "page view"),
        count(s.clicks, "click"),
        count(s.errors, "error"),
        count(s.batches, "batch"),
        format!("{} missing", s.missing),
        printable(&s.browser),
        printable(&s.site),
        printable(&s.entry_url),
    ]
    .join("\t")
}

fn count(n: u32, of: &str) -> String {
    match (n, of) {
        (1, _) => format!("1 {of}"),
        (_, "batch") => format!("{n} batches"),
        _ => format!("{n} {of}s"),
    }
}

/// What came from a page may not move the cursor of whoever reads it.
pub(super) fn printable(text: &str) -> String {
    if text.is_empty() {
        return "-".into();
    }
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

/// Milliseconds since 1970 as `2026-01-31T23:59:59Z`: days to a date as in Howard Hinnant's `civil_from_days`.
pub(super) fn utc(ms: i64) -> String {
    let (days, second) = (ms.div_euclid(86_400_000), ms.div_euclid(1000).rem_euclid(86_400));
    let z = days + 719_468;
    let (era, day_of_era) = (z.div_euclid(146_097), z.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153; // months since March
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let (h, m, s) = (second / 3600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02}T{h:02}:{m:02}:{s:02}Z")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_those_of_the_calendar() {
        assert_eq!(utc(0), "1970-01-01T00:00:00Z");
        assert_eq!(utc(951_782_399_999), "2000-02-28T23:59:59Z");
        assert_eq!(utc(951_782_400_000), "2000-02-29T00:00:00Z");
        assert_eq!(utc(1_767_225_599_000), "2025-12-31T23:59:59Z");
        assert_eq!(utc(-1), "1969-12-31T23:59:59Z");
    }

    #[test]
    fn control_characters_do_not_reach_the_terminal() {
        assert_eq!(printable("a\u{1b}[2J\0\nb"), "a\u{fffd}[2J\u{fffd}\u{fffd}b");
        assert_eq!(printable(""), "-");
    }
}
