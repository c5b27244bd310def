//! afterimage: a session recorder for web pages that proves what it never collects.

pub mod privacy;
