//! What the pages, the API and the command line ask of the index.

use afterimage_wire::batch::hex;
use rusqlite::{Connection, OptionalExtension, Result, Row, params};
use serde::Serialize;

use crate::id::{PageViewId, SessionId};

/// A session, as it is listed.
#[derive(Clone, Debug, Serialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct Session {
    /// Its id, hexadecimal.
    pub id: String,
    /// The site's name.
    pub site: String,
    /// Visitor's clock, milliseconds since 1970.
    pub started_ms: i64,
    /// Likewise.
    pub ended_ms: i64,
    /// Collector's clock when the last batch came.
    pub last_received_ms: i64,
    /// How many page views.
    pub page_views: u32,
    /// How many batches.
    pub batches: u32,
    /// Their bytes as they travelled.
    pub bytes: u64,
    /// Batches that must exist and did not come.
    pub missing: u32,
    /// How often batches came that were stored already, since the index was built.
    pub repeated: u64,
    /// Clicks.
    pub clicks: u32,
    /// Errors.
    pub errors: u32,
    /// Browser and version.
    pub browser: String,
    /// Operating system.
    pub os: String,
    /// Languages, joined by commas.
    pub languages: String,
    /// The first URL.
    pub entry_url: String,
    /// The addresses visited, in order; repetitions in a row and all after the first [`PATHS`] left out.
    pub urls: Vec<String>,
}

/// Most addresses listed of a session.
const PATHS: usize = 12;

/// A page view, as it is shown.
#[derive(Clone, Debug, Serialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct PageView {
    /// Its id, hexadecimal.
    pub id: String,
    /// Which of its session; `null` while its first batch is missing.
    pub number: Option<u32>,
    /// Address.
    pub url: Option<String>,
    /// Where the visitor came from.
    pub referrer: Option<String>,
    /// Title at the start.
    pub title: Option<String>,
    /// Time zone.
    pub time_zone: Option<String>,
    /// Screen, width × height.
    pub screen: Option<String>,
    /// Viewport at the start, width × height.
    pub viewport: Option<String>,
    /// The recorder's version.
    pub recorder: Option<String>,
    /// Visitor's clock, milliseconds since 1970.
    pub started_ms: i64,
    /// Likewise.
    pub ended_ms: i64,
    /// Batches that came.
    pub batches: u32,
    /// Sequences that did not: first and last of each gap.
    pub gaps: Vec<(u32, u32)>,
    /// Clicks.
    pub clicks: u32,
    /// Errors.
    pub errors: u32,
    /// Addresses visited within it, with the time.
    pub navigations: Vec<Visit>,
    /// Why recording ended, as the wire format numbers it.
    pub stop_reason: Option<u32>,
    /// Number of the error or ceiling.
    pub stop_code: Option<u32>,
}

/// An address at a time.
#[derive(Clone, Debug, Serialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct Visit {
    /// Visitor's clock, milliseconds since 1970.
    pub time_ms: i64,
    /// The address.
    pub url: String,
}

/// What the privacy rules did to a session.
#[derive(Clone, Debug, Serialize, PartialEq, Eq)]
pub struct Privacy {
    /// Digests of the policies that were in force, hexadecimal.
    pub policies: Vec<String>,
    /// Rule number, how often it withheld something.
    pub withheld: Vec<(u32, u64)>,
}

/// Which part of all sessions to list.
#[derive(Clone, Copy, Debug)]
pub enum Slice {
    /// All, oldest first.
    All,
    /// At most so many, newest first.
    Newest(u32),
}

const SESSION: &str = "SELECT *, (SELECT count FROM repeated WHERE session = id) AS repeated FROM sessions";

pub(super) fn sessions(db: &Connection, slice: Slice) -> Result<Vec<Session>> {
    let (order, limit) = match slice {
        Slice::All => ("ASC", -1),
        Slice::Newest(n) => ("DESC", i64::from(n)),
    };
    let mut all: Vec<Session> = db
        .prepare_cached(&format!("{SESSION} ORDER BY arrival {order} LIMIT ?1"))?
        .query_map([limit], row_session)?
        .collect::<Result<_>>()?;
    all.iter_mut().try_for_each(|s| add_urls(db, s))?;
    Ok(all)
}

pub(super) fn session(db: &Connection, id: SessionId) -> Result<Option<Session>> {
    let found =
        db.prepare_cached(&format!("{SESSION} WHERE id = ?1"))?.query_row([id.0], row_session).optional()?;
    found.map(|mut s| add_urls(db, &mut s).map(|()| s)).transpose()
}

pub(super) fn count(db: &Connection) -> Result<u64> {
    db.query_row("SELECT count(*) FROM sessions", [], |row| row.get(0))
}

fn row_session(row: &Row<'_>) -> Result<Session> {
    Ok(Session {
        id: hex(&row.get::<_, Vec<u8>>("id")?),
        site: row.get("site")?,
        started_ms: row.get("started_ms")?,
        ended_ms: row.get("ended_ms")?,
        last_received_ms: row.get("last_received_ms")?,
        page_views: row.get("page_views")?,
        batches: row.get("batches")?,
        bytes: row.get("bytes")?,
        missing: row.get("missing")?,
        repeated: row.get::<_, Option<u64>>("repeated")?.unwrap_or(0),
        clicks: row.get("clicks")?,
        errors: row.get("errors")?,
        browser: row.get("browser")?,
        os: row.get("os")?,
        languages: row.get("languages")?,
        entry_url: row.get("entry_url")?,
        urls: Vec::new(),
    })
}

fn add_urls(db: &Connection, session: &mut Session) -> Result<()> {
    let id = crate::id::unhex::<16>(&session.id).unwrap_or_default();
    session.urls = db
        .prepare_cached(
            "SELECT url FROM (SELECT url, time_ms, rowid, lag(url) OVER (ORDER BY time_ms, rowid) AS before
                              FROM visits WHERE session = ?1 AND page_view NOT IN
                                  (SELECT id FROM page_views WHERE session = ?1 AND number = 0))
             WHERE url IS NOT before ORDER BY time_ms, rowid LIMIT ?2",
        )?
        .query_map(params![id, PATHS], |row| row.get(0))?
        .collect::<Result<_>>()?;
    Ok(())
}

pub(super) fn page_views(db: &Connection, session: SessionId) -> Result<Vec<PageView>> {
    let mut views: Vec<PageView> = db
        .prepare_cached("SELECT * FROM page_views WHERE session = ?1 ORDER BY started_ms, number, arrival")?
        .query_map([session.0], row_page_view)?
        .collect::<Result<_>>()?;
    for view in &mut views {
        let id = PageViewId(crate::id::unhex(&view.id).unwrap_or_default());
        view.navigations = navigations(db, session, id)?;
        let present = sequences(db, session, id, 0)?;
        view.batches = u32::try_from(present.len()).unwrap_or(u32::MAX);
        view.gaps = crate::gaps::gaps(0, &present);
    }
    Ok(views)
}

fn row_page_view(row: &Row<'_>) -> Result<PageView> {
    Ok(PageView {
        id: hex(&row.get::<_, Vec<u8>>("id")?),
        number: row.get("number")?,
        url: row.get("url")?,
        referrer: row.get("referrer")?,
        title: row.get("title")?,
        time_zone: row.get("time_zone")?,
        screen: row.get("screen")?,
        viewport: row.get("viewport")?,
        recorder: row.get("recorder")?,
        started_ms: row.get("started_ms")?,
        ended_ms: row.get("ended_ms")?,
        batches: 0,
        gaps: Vec::new(),
        clicks: row.get("clicks")?,
        errors: row.get("errors")?,
        navigations: Vec::new(),
        stop_reason: row.get("stop_reason")?,
        stop_code: row.get("stop_code")?,
    })
}

fn navigations(db: &Connection, session: SessionId, view: PageViewId) -> Result<Vec<Visit>> {
    let all: Vec<Visit> = db
        .prepare_cached(
            "SELECT time_ms, url FROM visits WHERE session = ?1 AND page_view = ?2 ORDER BY time_ms, rowid",
        )?
        .query_map(params![session.0, view.0], |row| Ok(Visit { time_ms: row.get(0)?, url: row.get(1)? }))?
        .collect::<Result<_>>()?;
    Ok(all.into_iter().skip(1).collect()) // the first is the page view itself
}

fn sequences(db: &Connection, session: SessionId, view: PageViewId, from: u32) -> Result<Vec<u32>> {
    db.prepare_cached(
        "SELECT sequence FROM batches WHERE session = ?1 AND page_view = ?2 AND sequence >= ?3 ORDER BY sequence",
    )?
    .query_map(params![session.0, view.0, from], |row| row.get(0))?
    .collect()
}

/// The batch in which the last snapshot of a page view begins (0 when none does), and the sequences from there on.
pub(super) fn since_snapshot(
    db: &Connection,
    session: SessionId,
    view: PageViewId,
) -> Result<(u32, Vec<u32>)> {
    let start: u32 = db
        .prepare_cached(
            "SELECT coalesce(max(sequence), 0) FROM batches WHERE session = ?1 AND page_view = ?2 AND flags & 1",
        )?
        .query_row(params![session.0, view.0], |row| row.get(0))?;
    Ok((start, sequences(db, session, view, start)?))
}

pub(super) fn privacy(db: &Connection, session: SessionId) -> Result<Privacy> {
    let policies = db
        .prepare_cached("SELECT DISTINCT policy FROM batches WHERE session = ?1 ORDER BY policy")?
        .query_map([session.0], |row| Ok(hex(&row.get::<_, Vec<u8>>(0)?)))?
        .collect::<Result<_>>()?;
    let withheld = db
        .prepare_cached("SELECT rule, count FROM withheld WHERE session = ?1 ORDER BY rule")?
        .query_map([session.0], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<_>>()?;
    Ok(Privacy { policies, withheld })
}
