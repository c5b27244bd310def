-- Finds what was erased, which is asked for often, without reading what was recorded.
CREATE INDEX journal_by_erasure ON journal (page_view, position) WHERE page_view = x'';
