//! What holds for any batch.

use afterimage_wire::batch::{Batch, Compression, Header};
use afterimage_wire::{BatchWriter, Role};
use proptest::prelude::*;

use crate::any;

const LIMIT: usize = 1 << 20;

/// Decodes what `batch` encodes to, and gives it the sizes and the digest that an encoder fills in.
fn decoded(batch: &mut Batch) -> Batch {
    let body = any::encode(batch);
    let decoded = Batch::decode(&body, LIMIT).unwrap();
    batch.header.payload_bytes = decoded.header.payload_bytes;
    batch.header.digest = decoded.header.digest;
    decoded
}

/// The same batch with its payload compressed.
pub fn deflated(body: &[u8]) -> Vec<u8> {
    let (mut header, payload) = Header::decode(body).unwrap();
    header.compression = Compression::DeflateRaw;
    let mut out = header.encode();
    out.extend(miniz_oxide::deflate::compress_to_vec(payload, 6));
    out
}

proptest! {
    #[test]
    fn decoding_gives_back_what_was_encoded(mut batch in any::batch()) {
        let decoded = decoded(&mut batch);
        prop_assert_eq!(&decoded, &batch);
        prop_assert_eq!(any::encode(&decoded), any::encode(&batch), "one encoding for one recording");
    }

    #[test]
    fn every_record_survives_alone(record in any::record(), time_ms in any::uint()) {
        let mut batch = Batch { records: vec![afterimage_wire::Timed { time_ms, record }], ..empty() };
        prop_assert_eq!(decoded(&mut batch), batch);
    }

    #[test]
    fn compression_changes_nothing_but_itself(batch in any::batch()) {
        let plain = any::encode(&batch);
        let mut restored = Batch::decode(&deflated(&plain), LIMIT).unwrap();
        prop_assert_eq!(restored.header.compression, Compression::DeflateRaw);
        restored.header.compression = Compression::None;
        prop_assert_eq!(restored, Batch::decode(&plain, LIMIT).unwrap());
    }

    #[test]
    fn no_changed_byte_goes_unnoticed(batch in any::batch(), at in any::<prop::sample::Index>(), bit in 0..8u8) {
        let mut body = any::encode(&batch);
        let at = at.index(body.len());
        body[at] ^= 1 << bit;
        prop_assert!(Batch::decode(&body, LIMIT).is_err(), "byte {at}");
    }

    #[test]
    fn no_bytes_are_fatal(body in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = Batch::decode(&body, LIMIT);
        let _ = Header::decode(&body);
    }

    /// Interned strings are found again, texts are one entry an occurrence, in every role.
    #[test]
    fn references_stand_for_their_strings(texts in proptest::collection::vec(any::text(), 0..200)) {
        let mut writer = BatchWriter::default();
        for role in Role::ALL {
            let references: Vec<u32> = texts.iter().map(|text| writer.reference(role, text)).collect();
            let column = writer.table().column(role);
            for (reference, text) in references.iter().zip(&texts) {
                prop_assert_eq!(column.get(*reference as usize), Some(&**text));
            }
            if role != Role::Text {
                for (i, reference) in references.iter().enumerate() {
                    let first = texts.iter().position(|text| *text == texts[i]).unwrap();
                    prop_assert_eq!(*reference, references[first]);
                }
            }
        }
    }

    /// Replacing strings changes those strings and nothing else, also when more follow.
    #[test]
    fn replaced_strings_keep_their_references(
        texts in proptest::collection::vec(any::text(), 1..60),
        secret in any::<prop::sample::Index>(),
    ) {
        let secret = secret.get(&texts);
        let mut writer = BatchWriter::default();
        for role in [Role::Value, Role::Text, Role::Name] {
            let references: Vec<u32> = texts.iter().map(|text| writer.reference(role, text)).collect();
            writer.table_mut().replace(role, |_, text| (text == &**secret).then_some("masked"));
            let preset = |text: &str| role == Role::Name && afterimage_wire::strings::presets().any(|name| name == text);
            for (reference, text) in references.iter().zip(&texts) {
                let expected = if text == secret && !preset(text) { "masked" } else { text };
                prop_assert_eq!(writer.table().column(role).get(*reference as usize), Some(expected));
            }
            let later = writer.reference(role, "later");
            prop_assert_eq!(writer.table().column(role).get(later as usize), Some("later"));
        }
    }
}

fn empty() -> Batch {
    Batch { header: Header::default(), policy: Default::default(), records: Vec::new() }
}
