//! What a decoder must refuse, each with its own test, and what it must put up with.

use afterimage_wire::batch::{Batch, Compression, Header};
use afterimage_wire::error::{Error, ErrorCode};
use afterimage_wire::reader::Reader;
use afterimage_wire::record::*;
use afterimage_wire::{BatchWriter, Record, Role, varint};

use crate::{any, properties, sample};

const LIMIT: usize = 1 << 20;
const NO_STRINGS: &[u8] = &[0; 7];
const NO_POLICY: &[u8] = &[0; 16];
const NO_RECORDS: &[u8] = &[0];

/// A body with a valid header around any payload.
fn sealed(payload: &[u8]) -> Vec<u8> {
    let mut header = Header::default();
    header.seal(payload);
    [&header.encode(), payload].concat()
}

fn payload(sections: &[(u64, &[u8])]) -> Vec<u8> {
    let mut out = Vec::new();
    for (id, bytes) in sections {
        varint::put(&mut out, *id);
        varint::put(&mut out, bytes.len() as u64);
        out.extend_from_slice(bytes);
    }
    out
}

fn decode(body: &[u8]) -> Result<Batch, ErrorCode> {
    Batch::decode(body, LIMIT).map_err(|error| error.code)
}

fn decode_sections(strings: &[u8], policy: &[u8], records: &[u8]) -> Result<Batch, ErrorCode> {
    decode(&sealed(&payload(&[(1, strings), (2, policy), (3, records)])))
}

/// Decodes a batch of one record with this body; text, CSS and data have one string each.
fn decode_record(kind: u32, body: &[u8]) -> Result<Record, ErrorCode> {
    let mut writer = BatchWriter::default();
    for role in [Role::Text, Role::Css, Role::Data] {
        writer.reference(role, "a");
    }
    writer.begin(kind, 0);
    writer.raw(body);
    writer.end();
    let batch = decode(&writer.finish_body(Header::default(), &Default::default()))?;
    Ok(batch.records.into_iter().next().unwrap().record)
}

/// Kind and body of every record of a batch.
fn bodies(body: &[u8]) -> Vec<(u32, Vec<u8>)> {
    let (_, payload) = Header::decode(body).unwrap();
    let mut r = Reader::new(payload, 0);
    for _ in 0..2 {
        r.varint().unwrap();
        r.part().unwrap();
    }
    r.varint().unwrap();
    let mut r = r.part().unwrap();
    let count = r.count(1).unwrap();
    let kinds: Vec<u32> = (0..count).map(|_| r.uint().unwrap()).collect();
    r.skip_varints(count).unwrap();
    let lengths: Vec<usize> = (0..count).map(|_| r.uint().unwrap() as usize).collect();
    kinds.into_iter().zip(lengths).map(|(kind, length)| (kind, r.bytes(length).unwrap().to_vec())).collect()
}

#[test]
fn the_least_batch_is_accepted() {
    assert_eq!(decode_sections(NO_STRINGS, NO_POLICY, NO_RECORDS).unwrap().records, []);
}

#[test]
fn a_body_cut_anywhere() {
    let body = any::encode(&sample::every_record());
    for end in 0..body.len() {
        assert!(Batch::decode(&body[..end], LIMIT).is_err(), "{end} bytes");
    }
    let deflated = properties::deflated(&body);
    for end in 0..deflated.len() {
        assert!(Batch::decode(&deflated[..end], LIMIT).is_err(), "{end} bytes, compressed");
    }
}

/// The same with a digest that fits, so that the decoder gets to see the cut.
#[test]
fn a_payload_cut_anywhere() {
    let body = any::encode(&sample::every_record());
    let (_, payload) = Header::decode(&body).unwrap();
    for end in 0..payload.len() {
        let code = decode(&sealed(&payload[..end])).unwrap_err();
        assert!(matches!(code, ErrorCode::Truncated | ErrorCode::BadSection), "{end} bytes: {code:?}");
    }
}

/// Records whose bodies do not repeat up to their end have one right length.
#[test]
fn a_record_cut_or_prolonged() {
    let body = any::encode(&sample::every_record());
    let repeats = [Tree::KIND, Remove::KIND, Attributes::KIND, Texts::KIND, AdoptedSheets::KIND];
    let bodies: Vec<_> =
        bodies(&body).into_iter().filter(|(kind, _)| *kind < 36 && !repeats.contains(kind)).collect();
    assert!(bodies.len() >= 30);
    for (kind, body) in bodies {
        // References do not exist here: what matters is that the decoder gets that far.
        for end in 0..body.len() {
            let code = decode_record(kind, &body[..end]).unwrap_err();
            assert!(matches!(code, ErrorCode::Truncated | ErrorCode::BadReference), "{kind}: {code:?}");
        }
    }
    assert_eq!(decode_record(Resize::KIND, &[1, 2, 3]), Err(ErrorCode::TrailingBytes));
    assert_eq!(decode_record(Scrolls::KIND, &[0, 0]), Err(ErrorCode::TrailingBytes));
}

#[test]
fn something_else_entirely() {
    for other in [&b""[..], b"A", b"AFI", b"GIF89a", b"{\"a\":1}", &[0; 100]] {
        assert_eq!(decode(other), Err(ErrorCode::NotABatch));
    }
}

#[test]
fn another_version() {
    let mut body = any::encode(&sample::every_record());
    for version in [0, 2, 255] {
        body[3] = version;
        assert_eq!(decode(&body), Err(ErrorCode::UnknownVersion));
    }
}

#[test]
fn an_unknown_compression() {
    let mut body = any::encode(&sample::every_record());
    body[4] = 2;
    assert_eq!(decode(&body), Err(ErrorCode::UnknownCompression));
}

#[test]
fn a_wrong_digest() {
    let body = sealed(&payload(&[(1, NO_STRINGS), (2, NO_POLICY), (3, NO_RECORDS)]));
    let (mut header, payload) = Header::decode(&body).unwrap();
    header.digest[15] ^= 1;
    assert_eq!(decode(&[&header.encode(), payload].concat()), Err(ErrorCode::BadDigest));
    header.digest[15] ^= 1;
    header.sequence += 1;
    assert_eq!(
        decode(&[&header.encode(), payload].concat()),
        Err(ErrorCode::BadDigest),
        "it covers the header"
    );
}

/// A header with its length and fields written by hand.
fn header(fields: &[u8]) -> Result<Header, ErrorCode> {
    let mut body = b"AFI\x01\x00".to_vec();
    varint::put(&mut body, fields.len() as u64);
    body.extend_from_slice(fields);
    Header::decode(&body).map(|(header, _)| header).map_err(|error| error.code)
}

#[test]
fn header_fields() {
    let fields =
        |site: &[u8], rest: &[u8]| [&[7; 24][..], &[1, 2, 3, 4, 5], site, &[0], &[9; 32], rest].concat();
    assert_eq!(header(&fields(b"\x02ab", b"")).unwrap().site, "ab");
    assert_eq!(header(&fields(b"\x02ab", b"x")), Err(ErrorCode::TrailingBytes));
    assert_eq!(header(&fields(b"\x02\xc3(", b"")), Err(ErrorCode::BadText));
    assert_eq!(header(&fields(b"\x80\x00", b"")), Err(ErrorCode::BadInteger), "an overlong length");
    assert_eq!(header(&fields(b"\xff\x7f", b"")), Err(ErrorCode::Truncated), "a length beyond the end");
    let longest = [&[64][..], &[b'a'; 64]].concat();
    assert_eq!(header(&fields(&longest, b"")).unwrap().site.len(), 64);
    let longer = [&[65][..], &[b'a'; 65]].concat();
    assert_eq!(header(&fields(&longer, b"")), Err(ErrorCode::TooLarge));
}

#[test]
fn integers_have_one_form() {
    let read = |bytes: &[u8]| Reader::new(bytes, 0).varint().map_err(|error| error.code);
    assert_eq!(read(&[0x80, 0x01]), Ok(128));
    assert_eq!(read(&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]), Ok(u64::MAX));
    assert_eq!(read(&[0x80, 0x00]), Err(ErrorCode::BadInteger));
    assert_eq!(read(&[0xff, 0x80, 0x00]), Err(ErrorCode::BadInteger));
    assert_eq!(read(&[0x80; 11]), Err(ErrorCode::BadInteger));
    assert_eq!(
        read(&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02]),
        Err(ErrorCode::BadInteger)
    );
    assert_eq!(
        read(&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x81, 0x00]),
        Err(ErrorCode::BadInteger)
    );
    assert_eq!(read(&[0x80]), Err(ErrorCode::Truncated));
}

#[test]
fn integers_fit_their_fields() {
    assert!(decode_record(Detail::KIND, b"\xff\xff\xff\xff\x0f").is_ok());
    assert_eq!(decode_record(Detail::KIND, b"\x80\x80\x80\x80\x10"), Err(ErrorCode::BadInteger), "2³²");
    assert!(decode_record(VisualViewport::KIND, b"\x00\xff\xff\xff\xff\x0f\x00").is_ok(), "-2³¹");
    assert_eq!(
        decode_record(VisualViewport::KIND, b"\x00\x80\x80\x80\x80\x10\x00"),
        Err(ErrorCode::BadInteger),
        "2³¹"
    );
    assert_eq!(decode_record(Remove::KIND, &[1]), Err(ErrorCode::BadInteger), "a node id below 0");
    assert_eq!(
        decode_record(Remove::KIND, b"\x02\xfe\xff\xff\xff\x1f"),
        Err(ErrorCode::BadInteger),
        "one above 2³²"
    );
    assert_eq!(
        decode_sections(NO_STRINGS, NO_POLICY, &[1, 99, 1, 0]),
        Err(ErrorCode::BadInteger),
        "a time below 0"
    );
    let far = [1, 0, 0, 0xff, 0xff, 0xff, 0xff, 0x1f, 0]; // one sample, x 2³² away
    assert_eq!(
        decode_record(Scrolls::KIND, &[&[1, 0, 1, 0][..], &far[3..]].concat()),
        Err(ErrorCode::BadInteger)
    );
}

#[test]
fn sections_that_are_missing_doubled_or_out_of_order() {
    let all = [(1, NO_STRINGS), (2, NO_POLICY), (3, NO_RECORDS)];
    for missing in 0..3 {
        let mut sections = all.to_vec();
        sections.remove(missing);
        assert_eq!(decode(&sealed(&payload(&sections))), Err(ErrorCode::BadSection), "without {missing}");
    }
    for order in [[0, 0, 1, 2], [0, 1, 1, 2], [0, 1, 2, 2], [1, 0, 1, 2], [0, 2, 1, 2]] {
        let sections = order.map(|i| all[i]);
        assert_eq!(decode(&sealed(&payload(&sections))), Err(ErrorCode::BadSection), "{order:?}");
    }
    let zero = [(0, NO_RECORDS), all[0], all[1], all[2]];
    assert_eq!(decode(&sealed(&payload(&zero))), Err(ErrorCode::BadSection));
}

#[test]
fn bytes_behind_the_last_field() {
    let more = |bytes: &[u8]| [bytes, &[0]].concat();
    assert_eq!(decode_sections(&more(NO_STRINGS), NO_POLICY, NO_RECORDS), Err(ErrorCode::TrailingBytes));
    assert_eq!(
        decode_sections(NO_STRINGS, &more(NO_POLICY), NO_RECORDS),
        Err(ErrorCode::Truncated),
        "half a pair"
    );
    assert_eq!(decode_sections(NO_STRINGS, NO_POLICY, &more(NO_RECORDS)), Err(ErrorCode::TrailingBytes));
    let body = sealed(&payload(&[(1, NO_STRINGS), (2, NO_POLICY), (3, NO_RECORDS)]));
    assert_eq!(decode(&more(&body)), Err(ErrorCode::TrailingBytes));
    assert_eq!(decode(&more(&properties::deflated(&body))), Err(ErrorCode::TrailingBytes));
}

#[test]
fn text_that_is_not_utf_8() {
    let strings = |bytes: &[u8]| [&[0, bytes.len() as u8], bytes, &[0; 5]].concat();
    // One value of two bytes, then two values of one byte each that are one character between them.
    let one = |text: &[u8]| [&[0, 1, text.len() as u8], text, &[0; 5]].concat();
    assert!(decode_sections(&one("é".as_bytes()), NO_POLICY, NO_RECORDS).is_ok());
    assert_eq!(decode_sections(&one(b"\xc3("), NO_POLICY, NO_RECORDS), Err(ErrorCode::BadText));
    assert_eq!(
        decode_sections(&one(b"\xed\xa0\x80"), NO_POLICY, NO_RECORDS),
        Err(ErrorCode::BadText),
        "a surrogate"
    );
    let split = [&[0, 2, 1, 1][..], "é".as_bytes(), &[0; 5]].concat();
    assert_eq!(decode_sections(&split, NO_POLICY, NO_RECORDS), Err(ErrorCode::BadText));
    assert!(decode_sections(&strings(b"")[..7], NO_POLICY, NO_RECORDS).is_ok());
}

#[test]
fn counts_beyond_the_end() {
    let huge = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01];
    assert_eq!(decode_sections(&huge, NO_POLICY, NO_RECORDS), Err(ErrorCode::Truncated));
    assert_eq!(decode_sections(NO_STRINGS, NO_POLICY, &huge), Err(ErrorCode::Truncated));
    assert_eq!(decode_sections(NO_STRINGS, NO_POLICY, &[2, 99, 99, 0, 0, 0]), Err(ErrorCode::Truncated));
    assert_eq!(decode_record(Scrolls::KIND, &[2, 0, 0, 1, 0]), Err(ErrorCode::Truncated));
    assert_eq!(decode_record(StyleRule::<&str>::KIND, &[1, 2, 0]), Err(ErrorCode::Truncated));
    assert_eq!(decode_record(Tree::KIND, &[1, 1, 0, 0, 0, 1, 0]), Err(ErrorCode::Truncated), "attributes");
    assert!(decode_record(Canvas::KIND, &[1, 2, 3, 4, 1, 9]).is_ok());
    assert_eq!(decode_record(Canvas::KIND, &[1, 2, 3, 4, 2, 9]), Err(ErrorCode::Truncated), "an image");
    assert_eq!(decode_record(Canvas::KIND, &[1, 2, 3, 4, 0, 9]), Err(ErrorCode::TrailingBytes), "behind one");
    assert!(decode_record(Frame::KIND, &[1, 2, 3, 4]).is_ok());
    assert_eq!(decode_record(Frame::KIND, &[1, 8, 3, 4]), Err(ErrorCode::Truncated), "a page view's id");
    assert_eq!(decode_record(Frame::KIND, &[1, 1, 3, 4]), Err(ErrorCode::TrailingBytes), "behind one");
    assert_eq!(decode(&sealed(&[1, 0x7f])), Err(ErrorCode::Truncated), "a section");
}

#[test]
fn references_outside_their_tables() {
    assert!(decode_record(Custom::<&str>::KIND, &[0, 0]).is_ok());
    assert_eq!(decode_record(Custom::<&str>::KIND, &[0, 1]), Err(ErrorCode::BadReference));
    let huge = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01];
    assert_eq!(decode_record(Defined::<&str>::KIND, &huge), Err(ErrorCode::BadReference));
    assert_eq!(
        decode_record(Navigation::<&str>::KIND, &[0, 0]),
        Err(ErrorCode::BadReference),
        "another role's"
    );
    assert!(decode_record(Texts::KIND, &[2, 0, 0, 1]).is_ok(), "one text, one style sheet");
    assert_eq!(decode_record(Texts::KIND, &[2, 2]), Err(ErrorCode::BadReference));
    assert_eq!(decode_record(Texts::KIND, &[2, 3]), Err(ErrorCode::BadReference));
    let class = 7; // its value would be in a column that is empty here
    assert_eq!(decode_record(Attributes::KIND, &[2, class, 1]), Err(ErrorCode::BadReference));
    assert!(decode_record(Attributes::KIND, &[2, class, 0]).is_ok(), "removed");
    assert_eq!(decode_record(StyleRule::<&str>::KIND, &[1, 0, 2]), Err(ErrorCode::BadReference));
}

#[test]
fn truth_values_that_are_neither() {
    assert!(decode_record(Focus::KIND, &[1, 1]).is_ok());
    assert_eq!(decode_record(Focus::KIND, &[1, 2]), Err(ErrorCode::BadValue));
    assert_eq!(decode_record(Tree::KIND, &[1, 6, 1, 0, 2]), Err(ErrorCode::BadValue), "a shadow root's mode");
}

#[test]
fn runs_that_could_be_written_otherwise() {
    let scrolls = |runs: &[u8]| decode_record(Scrolls::KIND, &[&[2, 0, 0], runs, &[0; 4]].concat());
    assert!(scrolls(&[2, 14]).is_ok());
    assert!(scrolls(&[1, 14, 1, 2]).is_ok());
    assert_eq!(scrolls(&[1, 14, 1, 0]), Err(ErrorCode::BadValue), "two runs of one node");
    assert_eq!(scrolls(&[0, 14, 2, 2]), Err(ErrorCode::BadValue), "a run of nothing");
    assert_eq!(scrolls(&[3, 14]), Err(ErrorCode::BadValue), "a run beyond the samples");
}

#[test]
fn withheld_rules_out_of_order() {
    let policy = |pairs: &[u8]| decode_sections(NO_STRINGS, &[NO_POLICY, pairs].concat(), NO_RECORDS);
    assert_eq!(policy(&[0, 5, 3, 1]).unwrap().policy.withheld, [(0, 5), (3, 1)]);
    assert_eq!(policy(&[3, 1, 0, 5]), Err(ErrorCode::BadValue));
    assert_eq!(policy(&[3, 1, 3, 1]), Err(ErrorCode::BadValue));
    assert_eq!(policy(&[3, 0]), Err(ErrorCode::BadValue), "nothing withheld");
}

/// Entries of trees: bytes as in the document, after the first id.
#[test]
fn places_that_no_tree_has() {
    const CHILD: u8 = 8;
    const AFTER: u8 = 16;
    let tree = |entries: &[&[u8]]| decode_record(Tree::KIND, &[&[1], entries.concat().as_slice()].concat());
    let (element, text, existing) = (&[1, 5, 0, 0, 0][..], &[4, 5, 0, 0][..], &[7, 5, 0, 9][..]);
    let doctype = &[5, 5, 0, 0, 0, 0][..];
    for (entries, fine) in [
        (&[&[CHILD | 1, 0, 0][..]][..], false),
        (&[&[AFTER | 1, 0, 0]], false),
        (&[element, &[CHILD | 4, 0]], true),
        (&[element, &[AFTER | 4, 0]], true),
        (&[existing, &[CHILD | 4, 0]], true),
        (&[text, &[AFTER | 1, 0, 0]], true),
        (&[text, &[CHILD | 1, 0, 0]], false),
        (&[doctype, &[CHILD | 1, 0, 0]], false),
        (&[element, &[CHILD]], true),
        (&[element, &[AFTER]], false),
        (&[element, &[CHILD], &[CHILD | 1, 0, 0]], true),
        (&[element, &[CHILD], &[CHILD]], false),
        (&[element, &[CHILD | 6, 0], &[CHILD | 4, 0]], true),
        (&[element, &[AFTER | 6, 0]], false),
        (&[text, &[CHILD | 6, 0]], false),
    ] {
        let expected = if fine { None } else { Some(ErrorCode::BadValue) };
        assert_eq!(tree(entries).err(), expected, "{entries:?}");
    }
}

#[test]
fn payloads_larger_than_allowed() {
    let body = any::encode(&sample::every_record());
    let size = Header::decode(&body).unwrap().0.payload_bytes as usize;
    for body in [properties::deflated(&body), body] {
        assert!(Batch::decode(&body, size).is_ok());
        assert_eq!(Batch::decode(&body, size - 1).unwrap_err().code, ErrorCode::TooLarge);
    }
}

/// A compressed body whose header promises `size` bytes.
fn compressed(size: u32, payload: &[u8]) -> Result<Batch, Error> {
    let header = Header { compression: Compression::DeflateRaw, payload_bytes: size, ..Header::default() };
    Batch::decode(&[&header.encode(), payload].concat(), LIMIT)
}

#[test]
fn compressed_payloads_that_are_not_as_promised() {
    let bomb = miniz_oxide::deflate::compress_to_vec(&vec![0; 10 << 20], 9);
    let code = |size, payload: &[u8]| compressed(size, payload).unwrap_err().code;
    assert_eq!(code(100, &bomb), ErrorCode::TooLarge);
    assert_eq!(code(0, &bomb), ErrorCode::TooLarge);
    assert_eq!(code(1 << 20, &bomb), ErrorCode::TooLarge);
    assert_eq!(code(100, &miniz_oxide::deflate::compress_to_vec(&[1; 99], 6)), ErrorCode::BadCompression);
    assert_eq!(code(100, b"\x07"), ErrorCode::BadCompression, "a block of the reserved type");
    assert_eq!(code(100, b""), ErrorCode::BadCompression);
    assert_eq!(code(0, b""), ErrorCode::BadCompression);
}

#[test]
fn sections_and_records_of_later_versions_are_passed_over() {
    let records = [1, 99, 0, 3, b'a', b'b', b'c'];
    let later = payload(&[(1, NO_STRINGS), (2, NO_POLICY), (3, &records), (4, b"later"), (1 << 40, b"")]);
    let batch = decode(&sealed(&later)).unwrap();
    assert_eq!(batch.records[0].record, Record::Unknown(Unknown { kind: 99, body: b"abc".to_vec() }));
}

/// Numbers that stand for something may be of a later version too.
#[test]
fn values_without_a_meaning_yet_are_kept() {
    let expected = Record::Lifecycle(Lifecycle { state: 1000 });
    assert_eq!(decode_record(Lifecycle::KIND, &[0xe8, 0x07]), Ok(expected));
}

#[test]
fn errors_say_where() {
    let mut body = any::encode(&sample::every_record());
    body[4] = 9;
    assert_eq!(Batch::decode(&body, LIMIT), Err(Error { code: ErrorCode::UnknownCompression, offset: 4 }));
    assert_eq!(
        Batch::decode(&body, LIMIT).unwrap_err().to_string(),
        "unknown compression (code 3) at byte 4"
    );
}
