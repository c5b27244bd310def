//! `FORMAT.md` says what the code does: lists are compared with their sources, the example with its vector.
//!
//! The list of plain records is taken from the source's own comments. After a change there,
//! `cargo test -p afterimage-wire --test suite rewrite -- --ignored` writes it again.

use std::fs;
use std::path::PathBuf;

use afterimage_wire::rule;
use afterimage_wire::strings::{Role, attribute_role, presets};

use crate::{golden, sample};

const DOCUMENT: &str = include_str!("../../FORMAT.md");
const RECORDS: &str = include_str!("../../src/record.rs");
const ERRORS: &str = include_str!("../../src/error.rs");

/// What stands between a heading or mark and the next one.
fn between<'a>(text: &'a str, start: &str, end: &str) -> &'a str {
    let (_, after) = text.split_once(start).unwrap_or_else(|| panic!("no {start:?}"));
    after.split_once(end).unwrap_or_else(|| panic!("no {end:?} after {start:?}")).0
}

/// The first fenced block after a heading.
fn block<'a>(heading: &str) -> &'a str {
    between(between(DOCUMENT, heading, "\n## "), "```text\n", "```")
}

/// The records that the macro in the source lists, as the document lists them.
fn plain_records() -> String {
    let source = between(RECORDS, "\nrecords! {\n", "\n}\n");
    let (mut out, mut words) = (String::new(), String::new());
    for line in source.lines().map(str::trim) {
        if let Some(comment) = line.strip_prefix("///") {
            words.push_str(comment);
        } else if let Some((name, number)) = line.strip_suffix(" {").and_then(|line| line.split_once(" = ")) {
            let name = name.trim_end_matches("<S>");
            out.push_str(&format!("\n### {number} {name}\n\n{}\n", said(&mut words)));
            out.push_str("\n| field | type | meaning |\n|---|---|---|\n");
        } else if let Some((field, ty)) = line.strip_suffix(',').and_then(|line| line.split_once(" = ")) {
            let field = field.split(':').next().unwrap();
            out.push_str(&format!("| `{field}` | {ty} | {} |\n", said(&mut words)));
        }
    }
    out.push('\n');
    out
}

/// A comment as prose.
fn said(words: &mut String) -> String {
    std::mem::take(words).trim().replace("[`", "`").replace("`]", "`")
}

const BEGIN: &str = "<!-- plain records: from src/record.rs -->\n";
const END: &str = "<!-- end of plain records -->\n";

#[test]
#[ignore = "writes the list of records again"]
fn rewrite() {
    let old = [BEGIN, between(DOCUMENT, BEGIN, END), END].concat();
    let document = DOCUMENT.replace(&old, &[BEGIN, &plain_records(), END].concat());
    fs::write(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("FORMAT.md"), document).unwrap();
}

#[test]
fn plain_records_are_as_in_the_source() {
    assert_eq!(between(DOCUMENT, BEGIN, END), plain_records());
}

#[test]
fn every_record_has_its_heading_and_its_vector() {
    let headings: Vec<u32> = DOCUMENT
        .lines()
        .filter_map(|line| line.strip_prefix("### ")?.split_once(' ')?.0.parse().ok())
        .collect();
    let mut sorted = headings.clone();
    sorted.sort();
    let recorded = [
        sample::every_record(),
        sample::policy(),
        sample::font(),
        sample::canvas(),
        sample::animation(),
        sample::developer(),
        sample::frame(),
        sample::hit(),
        sample::image(),
    ]
    .into_iter()
    .flat_map(|batch| batch.records);
    let recorded: Vec<u32> = recorded.map(|timed| timed.record.kind()).collect();
    // 36 is what a later version's record is called in a vector.
    assert_eq!(sorted, (1..=35).chain(37..=45).collect::<Vec<_>>());
    assert_eq!(recorded, sorted);
}

#[test]
fn preset_names_are_listed() {
    let listed: Vec<&str> = block("\n## Preset names\n").split_whitespace().collect();
    assert_eq!(listed, presets().collect::<Vec<_>>());
}

#[test]
fn preset_names_are_as_many_as_the_writer_leaves_out() {
    assert_eq!(presets().count(), afterimage_wire::strings::Table::first(Role::Name));
    assert_eq!(afterimage_wire::BatchWriter::default().table().column(Role::Name).len(), presets().count());
}

/// The roles of values, from the table in the document. All names in it are presets: otherwise sealing could replace
/// a name, and with it the role of its values.
#[test]
fn attribute_names_have_the_roles_listed() {
    let rows: Vec<(&str, &str)> =
        between(DOCUMENT, "| role of the value | attribute names |\n|---|---|\n", "\n\n")
            .lines()
            .map(|row| row.trim_matches(['|', ' ']).split_once(" | ").unwrap())
            .collect();
    let listed = |role: Role| {
        let (_, names) = rows.iter().find(|(name, _)| *name == format!("{role:?}")).unwrap();
        names.split(", ").map(|name| name.trim_matches('`')).collect::<Vec<_>>()
    };
    for role in [Role::Css, Role::Text, Role::Url] {
        for name in listed(role) {
            assert_eq!(attribute_role(name), role, "{name}");
            assert!(presets().any(|preset| preset == name), "{name} is no preset");
        }
    }
    let all: Vec<&str> = [Role::Css, Role::Text, Role::Url].into_iter().flat_map(listed).collect();
    for name in presets().filter(|name| !all.contains(name)) {
        assert_eq!(attribute_role(name), Role::Value, "{name}");
    }
    // And no name has a role in the code that the document does not know.
    let source = between(include_str!("../../src/strings.rs"), "pub fn attribute_role", "\n}\n");
    let quoted: Vec<&str> = source.split('"').skip(1).step_by(2).collect();
    assert_eq!(quoted, all);
}

#[test]
fn error_codes_are_listed() {
    for line in between(ERRORS, "pub enum ErrorCode {", "\n}\n").lines() {
        if let Some((name, number)) = line.trim().strip_suffix(',').and_then(|line| line.split_once(" = ")) {
            assert!(DOCUMENT.contains(&format!("| {number} | {name} |")), "{name}");
        }
    }
}

/// Hexadecimal up to two spaces, then what it means.
#[test]
fn the_example_is_its_vector() {
    let bytes: Vec<u8> = block("\n## Example\n")
        .lines()
        .flat_map(|line| line.split("  ").next().unwrap().split_whitespace())
        .map(|byte| u8::from_str_radix(byte, 16).unwrap())
        .collect();
    assert_eq!(bytes, fs::read(golden::folder().join("example.bin")).unwrap());
}

#[test]
fn rules_are_listed_by_their_numbers() {
    let rows: Vec<String> = (0u32..)
        .zip(rule::NAMES.iter().zip(rule::MEANINGS))
        .map(|(number, (name, meaning))| format!("| {number} | `{name}` | {meaning} |\n"))
        .collect();
    let listed = between(DOCUMENT, "| number | rule | what it withholds |\n|--:|---|---|\n", "\n### Records");
    assert_eq!(listed, rows.concat());
}
