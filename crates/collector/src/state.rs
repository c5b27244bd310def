//! What all requests share.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::available_parallelism;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use afterimage_wire::batch::hex;
use afterimage_wire::{Compression, Header};
use axum::body::Bytes;
use tokio::sync::{Notify, Semaphore};

use crate::admit::{self, Batched};
use crate::assets::Assets;
use crate::config::Config;
use crate::index::Index;
use crate::journal::{Appended, Entry, Journal};
use crate::known::{Known, Lessons};
use crate::refusal::Refusal;

/// Sessions that are given out to their visitors at a time.
const READERS: usize = 4;
/// Sessions deleted in one transaction: others wait to be stored meanwhile.
const EXPIRED: usize = 16;
const DAY_MS: u64 = 86_400_000;
/// How often sessions that are too old are looked for.
const HOUR: Duration = Duration::from_secs(3600);
/// How long something of a session may stay in memory that another process erased, when nobody asks for anything.
const MINUTE: Duration = Duration::from_secs(60);
/// Batches of earlier page views that a recorder is told are stored: more than are left unanswered when a page is left.
const TOLD: usize = 16;
/// Erasures that are read at a time.
const ERASED: usize = 4096;

/// A collector: configuration, stores, files.
pub struct Collector {
    /// What is taken.
    pub config: Config,
    /// Where batches go.
    pub journal: Arc<dyn Journal>,
    /// What is known of them.
    pub index: Index,
    /// What is served.
    pub assets: Assets,
    /// What came of the batches since the start.
    pub tally: Tally,
    /// Blocks that need not be sent again.
    pub known: Arc<Known>,
    /// A permit for each byte of a body that may be in memory.
    pub(crate) room: Arc<Semaphore>,
    /// Decoding takes processor and memory: as many at a time as there are processors.
    decoding: Semaphore,
    /// A session that is given out is in memory whole: a few at a time.
    pub(crate) reading: Semaphore,
    stored: Notify,
}

/// A batch that is stored, and what its recorder is told.
pub struct Stored {
    /// The batch's key.
    pub header: Header,
    /// Whether a snapshot is wanted.
    pub snapshot: bool,
    /// Digests, hexadecimal, of what is stored already and the recorder may still have: of the session's page views before this one.
    pub stored: Vec<String>,
}

/// What came of the batches since the start.
#[derive(Debug, Default)]
pub struct Tally {
    /// Stored.
    pub stored: AtomicU64,
    /// Stored before.
    pub duplicates: AtomicU64,
    /// Refused because another batch has the key.
    pub conflicts: AtomicU64,
    /// Refused for any other reason.
    pub refused: AtomicU64,
}

impl Collector {
    /// A collector over opened stores.
    pub fn new(config: Config, journal: Arc<dyn Journal>, index: Index, assets: Assets) -> Self {
        let processors = available_parallelism().map_or(1, usize::from);
        let room = Arc::new(Semaphore::new(config.waiting_bytes.min(Semaphore::MAX_PERMITS)));
        Self {
            room,
            config,
            journal,
            index,
            assets,
            tally: Tally::default(),
            known: Arc::default(),
            decoding: Semaphore::new(processors),
            reading: Semaphore::new(READERS),
            stored: Notify::new(),
        }
    }

    /// Stores a body, once all of it decodes.
    ///
    /// # Errors
    /// When it is refused, or cannot be stored.
    pub async fn store(&self, body: Bytes) -> Result<Stored, Refusal> {
        let stored = self.try_store(body).await;
        let counter = match stored {
            Ok((_, Appended::Duplicate)) => &self.tally.duplicates,
            Ok(_) => &self.tally.stored,
            Err(Refusal::Conflict) => &self.tally.conflicts,
            Err(_) => &self.tally.refused,
        };
        counter.fetch_add(1, Ordering::Relaxed);
        let (header, appended) = stored?;
        if appended == Appended::Duplicate {
            let session = crate::id::SessionId(header.session);
            // It is stored in any case: that nobody counts it is no reason to have it sent again.
            let _ =
                self.index.repeat(session).await.inspect_err(|error| tracing::error!(%error, "not counted"));
        }
        let stored = self.stored_before(&header).await;
        let snapshot = self.wants_snapshot(&header).await;
        Ok(Stored { header, snapshot, stored })
    }

    async fn try_store(&self, body: Bytes) -> Result<(Header, Appended), Refusal> {
        let travelled = body.len();
        let Batched { header, body, mut lessons } = self.decode(body).await?;
        if !self.config.takes_site(&header.site) {
            return Err(Refusal::Site);
        }
        if body.len() > self.config.body_bytes {
            return Err(Refusal::BodyTooLarge);
        }
        // What came abridged takes more room than it came with.
        let more = u32::try_from(body.len().saturating_sub(travelled)).map_err(|_| Refusal::BodyTooLarge)?;
        let _room = self.room.try_acquire_many(more).map_err(|_| Refusal::Busy)?;
        let taught = self.room.try_acquire_many(u32::try_from(lessons.size()).unwrap_or(u32::MAX));
        if taught.is_err() {
            lessons = Lessons::default(); // another visitor will teach it
        }
        match self.journal.append(Entry::new(&header, now_ms(), body)).await? {
            Appended::Conflict => Err(Refusal::Conflict),
            Appended::Ended => Err(Refusal::Ended),
            appended => {
                self.known.learn(lessons);
                self.stored.notify_one();
                Ok((header, appended))
            }
        }
    }

    async fn decode(&self, body: Bytes) -> Result<Batched, Refusal> {
        if Header::decode(&body).is_ok_and(|(header, _)| header.compression == Compression::Abridged) {
            self.forget_erased().await?;
        }
        let _turn = self.decoding.acquire().await.map_err(|_| Refusal::Unavailable)?;
        let limit = self.config.payload_bytes;
        let known = Arc::clone(&self.known);
        tokio::task::spawn_blocking(move || admit::admit(body, limit, &known))
            .await
            .map_err(|_| Refusal::Unavailable)?
    }

    /// What a page view that begins need not send again of those before it.
    async fn stored_before(&self, header: &Header) -> Vec<String> {
        if header.sequence > 0 {
            return Vec::new();
        }
        let (session, page_view) =
            (crate::id::SessionId(header.session), crate::id::PageViewId(header.page_view));
        // It is stored in any case, and what is not told of is sent again.
        let digests = self.journal.last(session, page_view, TOLD).await;
        let digests = digests.inspect_err(|error| tracing::error!(%error, "not told what is stored"));
        digests.unwrap_or_default().iter().map(|digest| hex(digest)).collect()
    }

    async fn wants_snapshot(&self, header: &Header) -> bool {
        let (session, page_view) =
            (crate::id::SessionId(header.session), crate::id::PageViewId(header.page_view));
        // The first batches can follow no gap. The index may be a moment behind, and need not be waited for: a gap that
        // matters stays, and what the index cannot tell is not asked for.
        header.sequence > 1
            && self.index.wants_snapshot(session, page_view, header.sequence).await.unwrap_or(false)
    }

    /// Forgets the blocks of sessions that were erased: also by another process, the journal is where they meet. To be
    /// called before any block is used or told of.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub(crate) async fn forget_erased(&self) -> Result<(), Refusal> {
        loop {
            let erased = self.journal.erased(self.known.heard(), ERASED).await?;
            self.known.forget(&erased);
            if erased.len() < ERASED {
                return Ok(());
            }
        }
    }

    /// Brings what is known of the journal up to date with it: the index, and the blocks in memory.
    ///
    /// # Errors
    /// When one of them cannot be used.
    pub async fn catch_up(&self) -> Result<(), Refusal> {
        self.forget_erased().await?;
        self.index.catch_up(self.journal.as_ref()).await.map(|_| ()).map_err(|error| {
            tracing::error!(%error, "index not brought up to date");
            error.into()
        })
    }

    /// Catches up whenever something was stored, and now and then with what other processes did, for as long as it is
    /// polled.
    pub async fn follow(&self) {
        loop {
            let _ = self.catch_up().await; // logged there; the next batch tries again
            let _ = tokio::time::timeout(MINUTE, self.stored.notified()).await;
        }
    }

    /// Deletes the sessions whose first batch came more than `days` before `now_ms`. Returns how many.
    ///
    /// # Errors
    /// When the stores cannot be used.
    pub async fn expire(&self, days: u32, now_ms: u64) -> Result<usize, Refusal> {
        let before_ms = now_ms.saturating_sub(u64::from(days) * DAY_MS);
        let mut expired = 0;
        loop {
            let sessions = self.journal.expire(before_ms, EXPIRED).await?;
            expired += sessions;
            if sessions < EXPIRED {
                break;
            }
        }
        if expired > 0 {
            self.catch_up().await?;
            tracing::info!(sessions = expired, days, "expired");
        }
        Ok(expired)
    }

    /// Deletes what is older than `days`, every hour, for as long as it is polled.
    pub async fn keep(&self, days: u32) {
        loop {
            if let Err(refusal) = self.expire(days, now_ms()).await {
                tracing::error!(
                    code = refusal.code(),
                    "old sessions are not deleted; trying again in an hour"
                );
            }
            tokio::time::sleep(HOUR).await;
        }
    }
}

/// The collector's clock, milliseconds since 1970.
fn now_ms() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(now.as_millis()).unwrap_or(u64::MAX)
}
