//! From changes of the journal to rows of the index: one function a table.

use afterimage_wire::Batch;
use rusqlite::{Connection, Result, params};

use super::facts::Facts;
use crate::id::SessionId;
use crate::journal::{Change, Entry, Logged};

/// Applies a change.
pub(super) fn apply(db: &Connection, logged: &Logged) -> Result<()> {
    match &logged.change {
        Change::Erased(session) => erase(db, *session)?,
        Change::Appended(entry) => match Batch::decode(&entry.body, usize::MAX) {
            Ok(batch) => append(db, logged.position, entry, &batch)?,
            // It was decoded before it was stored, so the file was changed since; the rest is still worth showing.
            Err(error) => {
                tracing::error!(session = %entry.session, sequence = entry.sequence, %error, "stored batch does not decode")
            }
        },
    }
    db.prepare_cached("UPDATE cursor SET position = ?1")?.execute([logged.position.cast_signed()])?;
    Ok(())
}

fn erase(db: &Connection, session: SessionId) -> Result<()> {
    db.execute("DELETE FROM sessions WHERE id = ?1", [session.0])?;
    for table in ["page_views", "batches", "visits", "withheld", "repeated"] {
        db.execute(&format!("DELETE FROM {table} WHERE session = ?1"), [session.0])?;
    }
    Ok(())
}

/// Counts a batch that came again.
pub(super) fn repeat(db: &Connection, session: SessionId) -> Result<()> {
    let add = "INSERT INTO repeated VALUES (?1, 1) ON CONFLICT DO UPDATE SET count = count + 1";
    db.prepare_cached(add)?.execute([session.0]).map(drop)
}

fn append(db: &Connection, position: u64, entry: &Entry, batch: &Batch) -> Result<()> {
    let facts = Facts::of(batch);
    put_batch(db, entry, batch)?;
    put_page_view(db, position, entry, batch, &facts)?;
    put_visits(db, entry, &facts)?;
    put_withheld(db, entry, batch)?;
    put_session(db, entry)
}

fn put_batch(db: &Connection, entry: &Entry, batch: &Batch) -> Result<()> {
    db.prepare_cached("INSERT OR REPLACE INTO batches VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")?.execute(
        params![
            entry.session.0,
            entry.page_view.0,
            entry.sequence,
            batch.header.flags,
            entry.body.len(),
            entry.received_ms.cast_signed(),
            batch.policy.policy,
        ],
    )?;
    Ok(())
}

fn put_page_view(
    db: &Connection,
    position: u64,
    entry: &Entry,
    batch: &Batch,
    facts: &Facts<'_>,
) -> Result<()> {
    let (page, env) = (facts.page_view, facts.environment);
    db.prepare_cached(
        "INSERT INTO page_views VALUES
             (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21)
         ON CONFLICT DO UPDATE SET
             number = coalesce(number, excluded.number), url = coalesce(url, excluded.url),
             referrer = coalesce(referrer, excluded.referrer), title = coalesce(title, excluded.title),
             browser = coalesce(browser, excluded.browser), os = coalesce(os, excluded.os),
             languages = coalesce(languages, excluded.languages), time_zone = coalesce(time_zone, excluded.time_zone),
             screen = coalesce(screen, excluded.screen), viewport = coalesce(viewport, excluded.viewport),
             recorder = coalesce(recorder, excluded.recorder),
             started_ms = min(started_ms, excluded.started_ms), ended_ms = max(ended_ms, excluded.ended_ms),
             clicks = clicks + excluded.clicks, errors = errors + excluded.errors,
             stop_reason = coalesce(stop_reason, excluded.stop_reason),
             stop_code = coalesce(stop_code, excluded.stop_code)",
    )?
    .execute(params![
        entry.session.0,
        entry.page_view.0,
        position.cast_signed(),
        batch.header.site,
        page.map(|p| p.index),
        page.map(|p| &*p.url),
        page.map(|p| &*p.referrer),
        page.map(|p| &*p.title),
        env.map(|e| &*e.browser),
        env.map(|e| &*e.os),
        env.map(|e| &*e.languages),
        env.map(|e| &*e.time_zone),
        env.map(|e| format!("{} × {}", e.screen_width, e.screen_height)),
        page.map(|p| format!("{} × {}", p.width, p.height)),
        env.map(|e| &*e.recorder),
        clamp(facts.span_ms.0),
        clamp(facts.span_ms.1),
        facts.clicks,
        facts.errors,
        facts.stop.map(|s| s.reason),
        facts.stop.map(|s| s.code),
    ])?;
    Ok(())
}

/// SQLite has no unsigned integers, and a hostile clock may say anything.
fn clamp(ms: u64) -> i64 {
    i64::try_from(ms).unwrap_or(i64::MAX)
}

fn put_visits(db: &Connection, entry: &Entry, facts: &Facts<'_>) -> Result<()> {
    let mut insert = db.prepare_cached("INSERT INTO visits VALUES (?1, ?2, ?3, ?4)")?;
    for (time_ms, url) in &facts.visits {
        insert.execute(params![entry.session.0, entry.page_view.0, clamp(*time_ms), url])?;
    }
    Ok(())
}

fn put_withheld(db: &Connection, entry: &Entry, batch: &Batch) -> Result<()> {
    let mut add = db.prepare_cached(
        "INSERT INTO withheld VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET count = count + excluded.count",
    )?;
    for (rule, count) in &batch.policy.withheld {
        add.execute(params![entry.session.0, rule, count])?;
    }
    Ok(())
}

fn put_session(db: &Connection, entry: &Entry) -> Result<()> {
    db.prepare_cached(
        "INSERT OR REPLACE INTO sessions
         SELECT session, min(arrival), site, min(started_ms), max(ended_ms), b.received, sum(number IS NOT 0), b.batches, b.bytes,
                b.expected - b.batches, sum(clicks), sum(errors),
                coalesce(max(browser), ''), coalesce(max(os), ''), coalesce(max(languages), ''),
                coalesce((SELECT url FROM page_views WHERE session = ?1 AND url IS NOT NULL AND number IS NOT 0
                          ORDER BY number, started_ms LIMIT 1), '')
         FROM page_views, (SELECT sum(n) AS batches, sum(bytes) AS bytes, sum(last + 1) AS expected,
                                  max(received) AS received
                           FROM (SELECT count(*) AS n, sum(bytes) AS bytes, max(sequence) AS last,
                                        max(received_ms) AS received
                                 FROM batches WHERE session = ?1 GROUP BY page_view)) AS b
         WHERE session = ?1 GROUP BY session",
    )?
    .execute([entry.session.0])?;
    Ok(())
}
