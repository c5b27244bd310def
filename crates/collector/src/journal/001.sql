-- One row a batch, in the order of arrival. An erased session keeps one row with an empty page view and body,
-- which refuses what comes of it later. AUTOINCREMENT: positions are never given twice, so that readers who
-- remember one miss nothing.
CREATE TABLE journal (
    position    INTEGER PRIMARY KEY AUTOINCREMENT,
    session     BLOB    NOT NULL CHECK (length(session) = 16),
    page_view   BLOB    NOT NULL CHECK (length(page_view) IN (0, 8)),
    sequence    INTEGER NOT NULL,
    digest      BLOB    NOT NULL,
    received_ms INTEGER NOT NULL,
    body        BLOB    NOT NULL,
    UNIQUE (session, page_view, sequence)
) STRICT;
