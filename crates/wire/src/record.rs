//! Every kind of record: its number, its fields in order, and what they mean.
//!
//! Numbers are appended to, never reused. A decoder keeps records of kinds it does not know as
//! [`Record::Unknown`]. Coordinates are CSS pixels, times milliseconds since the page view's origin.

use alloc::vec::Vec;

pub use crate::compound::{
    AdoptedSheets, Attributes, Moves, Remove, Sample, Scrolls, StyleRule, Texts, Tree, Unknown,
};
#[cfg(feature = "decode")]
use crate::error::Error;
#[cfg(feature = "decode")]
use crate::reader::{Reader, Strings};
use crate::strings::{Role, Text};
use crate::writer::BatchWriter;

macro_rules! field_put {
    (uint, $w:expr, $v:expr) => {
        $w.uint(*$v)
    };
    (int, $w:expr, $v:expr) => {
        $w.int(*$v)
    };
    (bool, $w:expr, $v:expr) => {
        $w.uint(u32::from(*$v))
    };
    (part, $w:expr, $v:expr) => {
        $w.uint($v.len() as u32);
        $w.raw($v)
    };
    ($role:ident, $w:expr, $v:expr) => {
        $w.string(Role::$role, $v.as_ref())
    };
}
#[cfg(feature = "decode")]
macro_rules! field_get {
    (uint, $r:expr, $s:expr) => {
        $r.uint()?
    };
    (int, $r:expr, $s:expr) => {
        $r.int()?
    };
    (bool, $r:expr, $s:expr) => {
        $r.bool()?
    };
    (part, $r:expr, $s:expr) => {{
        let n = $r.count(1)?;
        $r.bytes(n)?.into()
    }};
    ($role:ident, $r:expr, $s:expr) => {
        $r.string($s, Role::$role)?
    };
}

/// Records whose fields simply follow each other: name, Rust type, then how it is written, where anything but
/// `uint`, `int`, `bool` and `part` (bytes, counted) is the [`Role`] of a string, written as a reference.
macro_rules! records {
    ($($(#[$doc:meta])* $name:ident $(<$g:ident>)? = $kind:literal { $($(#[$fdoc:meta])* $field:ident: $fty:ty = $ty:ident,)* })*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Debug, PartialEq)]
            pub struct $name$(<$g = Text>)? {
                $($(#[$fdoc])* pub $field: $fty,)*
            }

            impl$(<$g: AsRef<str>>)? $name$(<$g>)? {
                /// The record's number.
                pub const KIND: u32 = $kind;

                /// Writes the record.
                pub fn encode(&self, w: &mut BatchWriter, time_ms: u32) {
                    w.begin($kind, time_ms);
                    $(field_put!($ty, w, &self.$field);)*
                    w.end();
                }
            }

            #[cfg(feature = "decode")]
            impl $name {
                fn decode(r: &mut Reader<'_>, s: &Strings) -> Result<Self, Error> {
                    let _ = s;
                    Ok(Self { $($field: field_get!($ty, r, s),)* })
                }
            }
        )*

        /// Any record.
        #[derive(Clone, Debug, PartialEq)]
        pub enum Record {
            $($(#[$doc])* $name($name),)*
            /// Nodes and their places: see [`tree`](crate::tree).
            Tree(Tree),
            /// Nodes that are gone, each with its subtree.
            Remove(Remove),
            /// Attributes that were set or removed.
            Attributes(Attributes),
            /// Text nodes whose text changed.
            Texts(Texts),
            /// Scroll positions over time.
            Scrolls(Scrolls),
            /// Pointer positions over time.
            Moves(Moves),
            /// Style sheets a document or shadow root has adopted.
            AdoptedSheets(AdoptedSheets),
            /// A rule put into, or taken out of, a style sheet.
            StyleRule(StyleRule),
            /// A record of a kind this decoder does not know.
            Unknown(Unknown),
        }

        impl Record {
            /// The record's number.
            pub fn kind(&self) -> u32 {
                match self {
                    $(Self::$name(_) => $kind,)*
                    Self::Tree(_) => Tree::KIND,
                    Self::Remove(_) => Remove::KIND,
                    Self::Attributes(_) => Attributes::KIND,
                    Self::Texts(_) => Texts::KIND,
                    Self::Scrolls(_) => Scrolls::KIND,
                    Self::Moves(_) => Moves::KIND,
                    Self::AdoptedSheets(_) => AdoptedSheets::KIND,
                    Self::StyleRule(_) => StyleRule::<Text>::KIND,
                    Self::Unknown(u) => u.kind,
                }
            }

            /// Writes the record.
            pub fn encode(&self, w: &mut BatchWriter, time_ms: u32) {
                match self {
                    $(Self::$name(r) => r.encode(w, time_ms),)*
                    Self::Tree(r) => r.encode(w, time_ms),
                    Self::Remove(r) => r.encode(w, time_ms),
                    Self::Attributes(r) => r.encode(w, time_ms),
                    Self::Texts(r) => r.encode(w, time_ms),
                    Self::Scrolls(r) => r.encode(w, time_ms),
                    Self::Moves(r) => r.encode(w, time_ms),
                    Self::AdoptedSheets(r) => r.encode(w, time_ms),
                    Self::StyleRule(r) => r.encode(w, time_ms),
                    Self::Unknown(r) => r.encode(w, time_ms),
                }
            }

            /// Reads the record of `kind` that fills `r` to its end.
            #[cfg(feature = "decode")]
            pub(crate) fn decode(kind: u32, mut r: Reader<'_>, s: &Strings) -> Result<Self, Error> {
                let r = &mut r;
                let record = match kind {
                    $($kind => Self::$name($name::decode(r, s)?),)*
                    Tree::KIND => Self::Tree(Tree::decode(r, s)?),
                    Remove::KIND => Self::Remove(Remove::decode(r)?),
                    Attributes::KIND => Self::Attributes(Attributes::decode(r, s)?),
                    Texts::KIND => Self::Texts(Texts::decode(r, s)?),
                    Scrolls::KIND => Self::Scrolls(Scrolls::decode(r)?),
                    Moves::KIND => Self::Moves(Moves::decode(r)?),
                    AdoptedSheets::KIND => Self::AdoptedSheets(AdoptedSheets::decode(r)?),
                    StyleRule::<Text>::KIND => Self::StyleRule(StyleRule::decode(r, s)?),
                    _ => Self::Unknown(Unknown { kind, body: r.bytes(r.left())?.into() }),
                };
                r.finish()?;
                Ok(record)
            }
        }
    };
}

records! {
    /// The page view begins: always the first record of its first batch.
    PageView<S> = 1 {
        /// The page's URL, cut.
        url: S = Url,
        /// Where the visitor came from, cut; to its origin when it is another site.
        referrer: S = Url,
        /// The page's title.
        title: S = Text,
        /// Which page view of the session this is, from 1; 0 for one in a frame of another.
        index: u32 = uint,
        /// Viewport width.
        width: u32 = uint,
        /// Viewport height.
        height: u32 = uint,
        /// How many sessions this browser had on this site before, as its own cookie counts them.
        visits: u32 = uint,
    }
    /// What the visitor looks at the page with. Once a page view.
    Environment<S> = 2 {
        /// Browser and major version: `Firefox 128`.
        browser: S = Data,
        /// Operating system and version as far as the browser tells: `Windows 10`.
        os: S = Data,
        /// `navigator.languages`, joined by commas.
        languages: S = Data,
        /// IANA time zone.
        time_zone: S = Data,
        /// Screen width.
        screen_width: u32 = uint,
        /// Screen height.
        screen_height: u32 = uint,
        /// Device pixels a CSS pixel, × 100.
        pixel_ratio: u32 = uint,
        /// Bits: 1 dark colour scheme preferred, 2 reduced motion preferred, 4 a touch screen, 8 cookies blocked.
        flags: u32 = uint,
        /// The recorder's version.
        recorder: S = Data,
    }
    /// A full snapshot begins and opens an epoch: ids and sheets of the one before are void.
    Snapshot<S> = 3 {
        /// The epoch's number, from 1.
        epoch: u32 = uint,
        /// Bits: 1 the document is in quirks mode.
        flags: u32 = uint,
        /// Viewport width at this moment.
        width: u32 = uint,
        /// Viewport height at this moment.
        height: u32 = uint,
        /// The page's URL at this moment, cut.
        url: S = Url,
    }
    /// The full snapshot is complete: the tree that all records since [`Snapshot`] amount to is the page's.
    SnapshotEnd = 5 {
        /// How many nodes it has.
        nodes: u32 = uint,
    }
    /// A form control's state: in a snapshot, or as it changed.
    FormState<S> = 9 {
        /// The control; an `option` for a choice in a `select`.
        node: u32 = uint,
        /// Bits: 1 `value` counts, 2 checked (or selected) counts, 4 it is checked (or selected), 8 by the visitor,
        /// 16 it shows neither.
        flags: u32 = uint,
        /// The value, masked unless a rule lets it through.
        value: S = Input,
    }
    /// Something the pointer did at one moment.
    Pointer = 12 {
        /// 0 down, 1 up, 2 cancel, 3 click, 4 double click, 5 context menu.
        action: u32 = uint,
        /// 0 mouse, 1 pen, 2 touch.
        device: u32 = uint,
        /// `PointerEvent.button`.
        button: u32 = uint,
        /// Node under it; 0 when unknown.
        node: u32 = uint,
        /// Viewport x.
        x: i32 = int,
        /// Viewport y.
        y: i32 = int,
        /// Which finger, from 0; 0 for mouse and pen.
        id: u32 = uint,
    }
    /// The viewport has a new size.
    Resize = 13 {
        /// Width.
        width: u32 = uint,
        /// Height.
        height: u32 = uint,
    }
    /// Pinch zoom: what the visual viewport shows of the layout viewport.
    VisualViewport = 14 {
        /// Scale × 1000.
        scale: u32 = uint,
        /// Offset from the layout viewport's left.
        left: i32 = int,
        /// Offset from its top.
        top: i32 = int,
    }
    /// An element gained or lost focus.
    Focus = 15 {
        /// The element; 0 for the window.
        node: u32 = uint,
        /// Whether it gained it.
        gained: bool = bool,
    }
    /// A key, by category only.
    Key = 16 {
        /// 0 character, 1 Enter, 2 Tab, 3 Backspace, 4 Delete, 5 Escape, 6 arrow, 7 page or home or end, 8 function
        /// key, 9 shortcut, 10 space, 11 other.
        category: u32 = uint,
        /// The focused element; 0 when a rule withholds it.
        node: u32 = uint,
    }
    /// The page's life: see the numbers.
    Lifecycle = 17 {
        /// 0 visible, 1 hidden, 2 page hide, 3 page show from the back-forward cache, 4 freeze, 5 resume, 6 online,
        /// 7 offline, 8 recording paused, 9 recording resumed, 10 DOM content loaded, 11 load, 12 before print,
        /// 13 after print.
        state: u32 = uint,
    }
    /// Navigation within the document.
    Navigation<S> = 18 {
        /// 0 push, 1 replace, 2 traverse, 3 fragment.
        how: u32 = uint,
        /// The URL it led to, cut.
        url: S = Url,
    }
    /// The document's title changed.
    Title<S> = 19 {
        /// The new one.
        title: S = Text,
    }
    /// The text of a style sheet that the tree does not hold.
    StyleSheet<S> = 20 {
        /// Sheet id: the node id of the `link` or `style` element, or the number of a constructed sheet + 2³¹.
        sheet: u32 = uint,
        /// All its rules.
        css: S = Css,
        /// Its `media`, when that is not an attribute of the element.
        media: S = Css,
        /// Whether it is disabled.
        disabled: bool = bool,
    }
    /// A form was submitted, or was to be.
    Submit = 23 {
        /// The form.
        node: u32 = uint,
        /// How many fields it has.
        fields: u32 = uint,
        /// How many of them are filled.
        filled: u32 = uint,
        /// Bits: 1 it is valid, 2 the page's script took over, 4 the browser refused it as not valid.
        state: u32 = uint,
        /// Milliseconds since its first input, 0 when there was none.
        elapsed: u32 = uint,
    }
    /// What a media element does.
    Media = 24 {
        /// The element.
        node: u32 = uint,
        /// 0 play, 1 pause, 2 seeked, 3 volume or mute changed, 4 rate changed.
        action: u32 = uint,
        /// Position, milliseconds.
        position: u32 = uint,
        /// Volume × 100.
        volume: u32 = uint,
        /// Whether it is muted.
        muted: bool = bool,
        /// Playback rate × 100.
        rate: u32 = uint,
    }
    /// An error nobody caught.
    Fault<S> = 25 {
        /// 0 error, 1 unhandled rejection, 2 resource that failed to load.
        source: u32 = uint,
        /// Message, scrubbed.
        message: S = Data,
        /// URL of the script or resource, cut.
        url: S = Url,
        /// Line, from 1; 0 when unknown.
        line: u32 = uint,
        /// Column, from 1; 0 when unknown.
        column: u32 = uint,
    }
    /// An event the site's own code names.
    Custom<S> = 26 {
        /// Its name.
        name: S = Data,
        /// JSON, scrubbed; empty when there is none.
        payload: S = Data,
    }
    /// A measurement of the page's loading or responsiveness.
    Vital = 27 {
        /// 0 TTFB, 1 FCP, 2 LCP, 3 CLS × 1000, 4 INP, 5 DOM content loaded, 6 load.
        metric: u32 = uint,
        /// Milliseconds, unless the metric says otherwise.
        value: u32 = uint,
    }
    /// A link that contacts somebody was used.
    Contact<S> = 28 {
        /// `tel`, `mailto`, `sms` or a chat scheme.
        scheme: S = Data,
        /// The link.
        node: u32 = uint,
    }
    /// The recorder changed how much detail it records.
    Detail = 29 {
        /// 0 all: a pointer's positions 15 ms apart at least, changes looked at after 50 ms. 1: positions 50 ms apart.
        /// 2: 100 ms, changes after 200 ms. 3: 250 ms and 500 ms.
        level: u32 = uint,
    }
    /// Recording ends in this page view.
    Stop = 30 {
        /// 0 asked to, 1 collector refused, 2 session ended, 3 a ceiling, 4 a fault in the recorder.
        reason: u32 = uint,
        /// Number of the error or ceiling.
        code: u32 = uint,
    }
    /// A blocked element: its box is all there is of it.
    Blocked = 31 {
        /// The element.
        node: u32 = uint,
        /// Width.
        width: u32 = uint,
        /// Height.
        height: u32 = uint,
    }
    /// The clipboard or a drag was used, or text came otherwise than key by key. Never its content.
    Transfer = 32 {
        /// 0 copy, 1 cut, 2 paste, 3 drag start, 4 drop, 5 an input method put in what was composed, 6 the browser filled it in.
        action: u32 = uint,
        /// Where.
        node: u32 = uint,
    }
    /// What is selected, as positions. Only collapsed or in text that is not masked.
    Selection = 33 {
        /// Node of the start.
        start: u32 = uint,
        /// Offset in it.
        start_offset: u32 = uint,
        /// Node of the end.
        end: u32 = uint,
        /// Offset in it.
        end_offset: u32 = uint,
    }
    /// A dialog, popover or fullscreen element opened or closed, as attributes do not tell.
    TopLayer = 34 {
        /// The element.
        node: u32 = uint,
        /// 0 closed, 1 modal dialog, 2 popover, 3 fullscreen.
        state: u32 = uint,
    }
    /// A custom element's name became defined.
    Defined<S> = 35 {
        /// The name.
        name: S = Name,
    }
    /// The policy in force, whose digest every batch bears. Once a page view. (36 is not used.)
    Policy<S> = 37 {
        /// Its canonical JSON: the `policy` by name, the `query` parameters kept, and the owner's `selectors` that
        /// mask, unmask, block, ignore.
        json: S = Data,
    }
    /// A script has made a font.
    Font<S> = 38 {
        /// The rule that would make it: `@font-face{font-family:…;src:…;…}`, family and source first.
        css: S = Css,
    }
    /// What a canvas shows, where the owner asked for it.
    Canvas = 39 {
        /// The element.
        node: u32 = uint,
        /// How many pixels wide it is; the image may have fewer, and fills it.
        width: u32 = uint,
        /// How many it is high.
        height: u32 = uint,
        /// What the image is: 0 none, as the page may not read it either; 1 none, as it would be too large; 2 WebP, 3 JPEG,
        /// 4 PNG.
        format: u32 = uint,
        /// The image; empty if there is none.
        image: Vec<u8> = part,
    }
    /// How an element is animated from this moment on, as style sheets alone do not tell.
    Animation<S> = 40 {
        /// The element.
        node: u32 = uint,
        /// A list in JSON: of each animation what `getKeyframes()`, `getComputedTiming()`, `composite`, `playbackRate` and
        /// `playState` say, without contents and URLs; `null` for infinity. Empty when nothing animates it any more.
        json: S = Css,
    }
    /// The page wrote to its console, and its owner asked for it.
    Console<S> = 41 {
        /// What it wrote, scrubbed and cut; of objects only that they were there.
        message: S = Data,
        /// 0 error, 1 warning, 2 info, 3 log, 4 debug.
        level: u32 = uint,
    }
    /// A request of the page has ended, and its owner asked for it. Never a body or a header.
    Request<S> = 42 {
        /// Where it went, under the rules for URLs.
        url: S = Url,
        /// What asked for it: 0 other, 1 fetch, 2 XMLHttpRequest, 3 beacon, 4 image, 5 style sheet, 6 link, 7 script, 8 frame,
        /// 9 video, 10 audio.
        initiator: u32 = uint,
        /// When it began.
        start: u32 = uint,
        /// How long it took, milliseconds.
        duration: u32 = uint,
        /// HTTP status; 0 if the browser does not tell.
        status: u32 = uint,
        /// Bytes that came over the network; 0 from a cache, or if the browser does not tell.
        bytes: u32 = uint,
    }
    /// A page of another origin is in a frame and records itself, into a page view of its own in the same session.
    Frame = 43 {
        /// The frame's element, which shows that page view from now on; 0: this page view is in a frame of that one.
        node: u32 = uint,
        /// The other page view's id, 8 bytes.
        other: Vec<u8> = part,
    }
    /// A click hit an element; once more, with the click's time, for each thing that it came to.
    Hit = 44 {
        /// The element.
        node: u32 = uint,
        /// 0 the click itself, 1 the third at one place within a second each: a rage click, 2 nothing happened in the page
        /// for 2.5 seconds: a dead click, 3 an error that nobody caught followed within a second: an error click.
        sign: u32 = uint,
        /// Where in the element's box, from its left, in thousandths of its width.
        left: u32 = uint,
        /// From its top, in thousandths of its height.
        top: u32 = uint,
    }
    /// An image has loaded, or had when recording began: its own size, by which the page was laid out.
    Image = 45 {
        /// The element.
        node: u32 = uint,
        /// Its natural width, CSS pixels.
        width: u32 = uint,
        /// Its natural height.
        height: u32 = uint,
    }
}
