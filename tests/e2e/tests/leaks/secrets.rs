//! Secrets nobody stored: derived from a seed, the case and a name, so that no rule can be written for one of them, and
//! a second seed gives decoys that must never be found.

/// A stream of numbers that is the same for the same key.
pub(crate) struct Stream(u64);

impl Stream {
    pub(crate) fn of(seed: u64, key: &str) -> Self {
        let mix = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        Self(key.bytes().fold(seed ^ 0xcbf2_9ce4_8422_2325, mix))
    }

    /// The next number below `end`: SplitMix64.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) >> 16) as usize % end
    }

    fn of_set(&mut self, set: &str, count: usize) -> String {
        (0..count).map(|_| char::from(set.as_bytes()[self.below(set.len())])).collect()
    }

    /// Something one could say, that means nothing.
    fn word(&mut self, length: usize) -> String {
        let mut word = String::new();
        while word.len() < length {
            word += &self.of_set("bdfgklmnprstvz", 1);
            word += &self.of_set("aeiou", 1);
            if self.below(3) == 0 {
                word += &self.of_set("lnrskm", 1);
            }
        }
        word.truncate(length);
        word
    }

    /// Digits without two equal neighbours, and none that is 0 first.
    fn digits(&mut self, count: usize) -> String {
        let mut digits = self.of_set("23456789", 1);
        while digits.len() < count {
            let digit = self.of_set("0123456789", 1);
            if !digits.ends_with(&digit) {
                digits += &digit;
            }
        }
        digits
    }
}

/// How bad it is that something leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Level {
    /// Never, under no policy.
    Hard,
    /// Not under the strict policy.
    Soft,
    /// It is no secret: it stands for what a leak would look like, and has to be found.
    Planted,
}

/// One value that a page or its visitor has.
#[derive(Clone, Debug)]
pub(crate) struct Secret {
    pub(crate) name: String,
    pub(crate) level: Level,
    pub(crate) value: String,
    /// What of it is looked for: long words, or the digits of a number.
    pub(crate) words: Vec<String>,
    pub(crate) digits: Option<String>,
}

/// The kinds that are hard.
const HARD: [&str; 14] = [
    "password", "phrase", "card", "cvc", "expiry", "otp", "pin", "ssn", "iban", "token", "key", "jwt",
    "seed", "answer",
];
/// The kinds that are soft.
const SOFT: [&str; 6] = ["name", "email", "phone", "address", "text", "city"];

impl Secret {
    /// The secret of that name: its kind, and a number if there are more of one kind. `None` for anything else.
    pub(crate) fn derive(seed: u64, case: &str, name: &str) -> Option<Self> {
        let kind = name.trim_end_matches(|c: char| c.is_ascii_digit());
        let level = match kind {
            _ if HARD.contains(&kind) => Level::Hard,
            _ if SOFT.contains(&kind) => Level::Soft,
            "planted" => Level::Planted,
            _ => return None,
        };
        let mut stream = Stream::of(seed, &format!("{case}/{name}"));
        let value = make(kind, &mut stream);
        let digits: String = value.chars().filter(char::is_ascii_digit).collect();
        let numeric = matches!(kind, "card" | "cvc" | "expiry" | "otp" | "pin" | "ssn" | "iban" | "phone");
        let words = match kind {
            _ if numeric => Vec::new(),
            "password" | "token" | "planted" => vec![value.clone()],
            "key" => vec![value[8..].to_owned()],
            "jwt" => value.split('.').skip(1).map(str::to_owned).collect(),
            "email" => vec![value[..value.find('@').unwrap()].to_owned()],
            _ => value.split(' ').filter(|word| word.len() >= 6).map(str::to_owned).collect(),
        };
        let digits = numeric.then_some(digits);
        Some(Self { name: name.to_owned(), level, value, words, digits })
    }
}

fn make(kind: &str, s: &mut Stream) -> String {
    const ANY: &str = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789";
    match kind {
        // As people choose them, so that only the field gives it away, or as programs do.
        "password" if s.below(3) == 0 => s.of_set(ANY, 15),
        "password" => format!("{}{}{}{}", capital(&s.word(7)), s.digits(2), s.of_set("!$&%?", 1), s.word(5)),
        "phrase" => format!("{} {} {}", s.word(8), s.word(9), s.word(7)),
        "card" => luhn(&format!("4{}", s.digits(14))),
        "cvc" => s.digits(3),
        "expiry" => format!("{:02}/{}", 1 + s.below(12), 31 + s.below(60)),
        "otp" => s.digits(6),
        "pin" => s.digits(5),
        "ssn" => format!("{}-{}-{}", s.digits(3), s.digits(2), s.digits(4)),
        "iban" => format!("DE{}", s.digits(20)),
        "token" => s.of_set(ANY, 30),
        "key" => format!("sk_live_{}", s.of_set(ANY, 24)),
        "jwt" => format!("eyJhbGciOiJIUzI1NiJ9.eyJ{}.{}", s.of_set(ANY, 40), s.of_set(ANY, 43)),
        "seed" => (0..12).map(|_| s.word(7)).collect::<Vec<_>>().join(" "),
        "name" => format!("{} {}", capital(&s.word(8)), capital(&s.word(9))),
        "email" => format!("{}@{}.example", s.word(11), s.word(7)),
        "phone" => format!("+1 555 {} {}", s.digits(3), s.digits(4)),
        "address" => format!("{} {} Lane", 100 + s.below(800), capital(&s.word(11))),
        "text" => format!("{} and {} with {}", s.word(10), s.word(9), s.word(9)),
        "planted" => s.word(14),
        _ => capital(&s.word(12)),
    }
}

fn capital(word: &str) -> String {
    word[..1].to_uppercase() + &word[1..]
}

/// A number with the check digit that makes it a card's.
fn luhn(number: &str) -> String {
    let doubled = |(i, d): (usize, u32)| if i % 2 == 0 { d * 2 / 10 + d * 2 % 10 } else { d };
    let sum: u32 = number.chars().rev().filter_map(|c| c.to_digit(10)).enumerate().map(doubled).sum();
    format!("{number}{}", (10 - sum % 10) % 10)
}

/// A value as a page writes it: `rev`, `upper`, `lower`, `b64`, `slug`, `spaced`, `dots` and `dashes` (between fours, or
/// for spaces), `g4` (groups of four), `q2` (second four characters), `from5`, `to5`.
pub(crate) fn filtered(value: &str, filter: &str) -> String {
    let split = filter.find(|c: char| c.is_ascii_digit()).unwrap_or(filter.len());
    let number: usize = filter[split..].parse().unwrap_or(0);
    let characters: Vec<char> = value.chars().collect();
    let part = |from: usize, to: usize| {
        characters[from.min(characters.len())..to.min(characters.len())].iter().collect()
    };
    match (filter, &filter[..split]) {
        ("rev", _) => characters.iter().rev().collect(),
        ("upper", _) => value.to_uppercase(),
        ("lower", _) => value.to_lowercase(),
        ("slug", _) => value.to_lowercase().replace(' ', "-"),
        ("dashes", _) => value.replace(' ', "-"),
        ("b64", _) => base64(value.as_bytes()),
        ("dots", _) => filtered(value, "g4").replace(' ', "."),
        ("spaced", _) => characters.iter().map(char::to_string).collect::<Vec<_>>().join(" "),
        ("g4", _) => characters.chunks(4).map(String::from_iter).collect::<Vec<_>>().join(" "),
        (_, "q") => part(number * 4 - 4, number * 4),
        (_, "from") => part(number, usize::MAX),
        (_, "to") => part(0, number),
        _ => panic!("no filter {filter}"),
    }
}

pub(crate) fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for three in bytes.chunks(3) {
        let bits =
            three.iter().fold(0_usize, |bits, b| bits << 8 | usize::from(*b)) << (8 * (3 - three.len()));
        (0..=three.len()).for_each(|i| out.push(char::from(DIGITS[bits >> (18 - 6 * i) & 63])));
    }
    out
}
