//! The privacy gate: the only way from what the page says ([`Raw`]) to what may leave ([`Clean`]).
//!
//! Everything here is a decision; nothing here touches the browser. See PROMISES rows R02, N01–N06.

use std::borrow::Cow;

/// A string read from the page. It cannot be looked at outside this module: no `Deref`, `Display` or `AsRef`.
#[derive(Clone, Default)]
pub struct Raw(String);

impl Raw {
    /// Wraps what was read.
    pub fn new(text: String) -> Self {
        Self(text)
    }
}

/// A string that may leave. Only this module makes one from a [`Raw`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Clean(Cow<'static, str>);

impl Clean {
    /// A string of the recorder's own.
    pub const fn fixed(text: &'static str) -> Self {
        Self(Cow::Borrowed(text))
    }
}

impl AsRef<str> for Clean {
    fn as_ref(&self) -> &str {
        &self.0
    }
}
