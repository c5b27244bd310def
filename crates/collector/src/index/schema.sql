-- All of it is a projection of the journal: changing this file means a new VERSION in mod.rs, not a migration.

-- The last position of the journal that is in here.
CREATE TABLE cursor (position INTEGER NOT NULL) STRICT;
INSERT INTO cursor VALUES (0);

-- One row a session, recomputed from its page views.
CREATE TABLE sessions (
    id             BLOB    PRIMARY KEY,
    arrival        INTEGER NOT NULL, -- position of its first batch: the order of listing
    site           TEXT    NOT NULL,
    started_ms     INTEGER NOT NULL, -- by the visitor's clock
    ended_ms       INTEGER NOT NULL,
    last_received_ms INTEGER NOT NULL, -- by the collector's clock
    page_views     INTEGER NOT NULL,
    batches        INTEGER NOT NULL,
    bytes          INTEGER NOT NULL,
    missing        INTEGER NOT NULL, -- batches that must exist and did not come
    clicks         INTEGER NOT NULL,
    errors         INTEGER NOT NULL,
    browser        TEXT    NOT NULL,
    os             TEXT    NOT NULL,
    languages      TEXT    NOT NULL,
    entry_url      TEXT    NOT NULL
) STRICT;
CREATE INDEX sessions_by_arrival ON sessions (arrival);

CREATE TABLE page_views (
    session     BLOB    NOT NULL,
    id          BLOB    NOT NULL,
    arrival     INTEGER NOT NULL,
    site        TEXT    NOT NULL,
    number      INTEGER, -- which of its session; NULL until its first batch is here
    url         TEXT,
    referrer    TEXT,
    title       TEXT,
    browser     TEXT,
    os          TEXT,
    languages   TEXT,
    time_zone   TEXT,
    screen      TEXT,
    viewport    TEXT,
    recorder    TEXT,
    started_ms  INTEGER NOT NULL,
    ended_ms    INTEGER NOT NULL,
    clicks      INTEGER NOT NULL,
    errors      INTEGER NOT NULL,
    stop_reason INTEGER,
    stop_code   INTEGER,
    PRIMARY KEY (session, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE batches (
    session     BLOB    NOT NULL,
    page_view   BLOB    NOT NULL,
    sequence    INTEGER NOT NULL,
    flags       INTEGER NOT NULL,
    bytes       INTEGER NOT NULL,
    received_ms INTEGER NOT NULL,
    policy      BLOB    NOT NULL,
    PRIMARY KEY (session, page_view, sequence)
) STRICT, WITHOUT ROWID;

-- Addresses as they were visited: page views and navigations within them.
CREATE TABLE visits (
    session   BLOB    NOT NULL,
    page_view BLOB    NOT NULL,
    time_ms   INTEGER NOT NULL,
    url       TEXT    NOT NULL
) STRICT;
CREATE INDEX visits_by_session ON visits (session, time_ms);

-- How often each privacy rule withheld something.
CREATE TABLE withheld (
    session BLOB    NOT NULL,
    rule    INTEGER NOT NULL,
    count   INTEGER NOT NULL,
    PRIMARY KEY (session, rule)
) STRICT, WITHOUT ROWID;

-- How often batches came that were stored already. The journal does not know: it counts from when this file was made.
CREATE TABLE repeated (
    session BLOB    PRIMARY KEY,
    count   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
