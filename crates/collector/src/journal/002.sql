-- Finds what is old without reading what was recorded.
CREATE INDEX journal_by_age ON journal (received_ms, session) WHERE page_view <> x'';
