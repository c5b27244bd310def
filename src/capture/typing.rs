//! Typing: a value is never recorded while it grows.
//!
//! A secret typed into the wrong field is known as one only later, so what an unmasked field holds is recorded once,
//! when the visitor leaves it. A masked field says that it is filled, once.

/// What to do after an input event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Record the field's state now.
    Record,
    /// Nothing: it was said, or will be.
    Wait,
}

/// The field the visitor types into.
#[derive(Default)]
pub struct Typing {
    node: u32,
    said: bool,
}

impl Typing {
    /// An input event on `node`. `readable` says that its value may be recorded as it is.
    pub fn input(&mut self, node: u32, readable: bool) -> Step {
        if self.node != node {
            *self = Self { node, said: false };
        }
        if readable || self.said {
            return Step::Wait;
        }
        self.said = true;
        Step::Record
    }

    /// The node whose value is still owed, if the visitor leaves now.
    pub fn leave(&mut self) -> Option<u32> {
        let node = core::mem::take(&mut self.node);
        (node != 0).then_some(node)
    }

    /// The field being typed into; 0 for none.
    pub fn node(&self) -> u32 {
        self.node
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_masked_field_speaks_once_and_a_readable_one_when_left() {
        let mut typing = Typing::default();
        assert_eq!(typing.input(5, false), Step::Record);
        assert_eq!(typing.input(5, false), Step::Wait);
        assert_eq!(typing.leave(), Some(5));
        assert_eq!(typing.input(6, true), Step::Wait);
        assert_eq!(typing.input(6, true), Step::Wait);
        assert_eq!(typing.leave(), Some(6));
        assert_eq!(typing.leave(), None);
    }
}
