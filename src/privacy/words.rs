//! Words for what must not be recorded, in the languages people use.

use super::field::Kind;
use super::fold::bare;
use super::scan;

/// How a word has to stand in a text.
#[derive(Clone, Copy)]
enum Fit {
    /// Anywhere, once separators are gone.
    Within,
    /// As a word of its own, `=`.
    Word,
    /// As the whole text, `!`.
    Whole,
}

/// Words by what they announce, those first that win over later ones. Spelt as [`fold`] and [`bare`] leave them,
/// without separators; `=` before one demands a word of its own, `!` the whole text.
const WORDS: [(Kind, &str); 9] = [
    (
        Kind::CardCode,
        "=cvc =cvv =csc =cvn =cvv2 =cvc2 securitycode cardverif cardcode sicherheitscode prufnummer prufziffer \
         kartenprufcode codedesecurite cryptogramme codigodesegur codigoseguridad codicedisicurezza codicesicurezza \
         beveiligingscode kodbezpieczenstwa kodzabezpiecz guvenlikkodu кодбезопасности رمزالامان رمزالأمان \
         सुरक्षाकोड 安全码 安全碼 セキュリティコード 보안코드",
    ),
    (
        Kind::Expiry,
        "expir =exp =expdate =ccexp =expmonth =expyear validthru validuntil goodthru !mmyy !mmyyyy !mmaa !mmaaaa \
         !mmjj !mmjjjj !ммгг ablaufdatum ablaufmonat ablaufjahr gultigbis verfallsdatum caducidad vencimiento fechaven \
         validade vencimento scadenza vervaldatum geldigtot waznosci sonkullanma gecerliliktarihi срокдействия \
         действительнадо действуетдо الانتهاء الصلاحية समाप्ति वैधता 有效期 到期日 有効期限 유효기간 만료",
    ),
    (
        Kind::CardOther,
        "nameoncard cardholder ccname cardname karteninhaber titulairedelacarte titulardelatarjeta titulardocartao \
         intestatario kaarthouder posiadaczkarty kartsahibi kartuzerindeki владелецкарты держателькарты 持卡人 \
         カード名義 카드소유자",
    ),
    (
        Kind::Card,
        "cardnum cardno ccnum ccno creditcard debitcard =pan =ccn !card !karte !carte !tarjeta !cartao !carta !kaart \
         !karta !kart !карта !कार्ड !بطاقة !卡 !カード !카드 kartennummer kreditkart cartebancaire cartebleue \
         cartedecredit numerodecarte numerocarte numerodetarjeta numerotarjeta tarjetadecredito numerodocartao \
         numerocartao cartaodecredito numerocarta numerodellacarta cartadicredito kaartnummer creditkaart numerkarty \
         kartakredytowa kartnumarasi kartno kredikart номеркарты банковскаякарта кредитнаякарта رقمالبطاقة \
         بطاقةالائتمان कार्डनंबर कार्डसंख्या क्रेडिटकार्ड 卡号 卡號 信用卡 银行卡 カード番号 クレジットカード 카드번호 신용카드",
    ),
    (
        Kind::Bank,
        "=iban accountnum accountno acctnum acctno bankaccount routingnum sortcode kontonummer bankverbindung \
         numerodecompte numerocompte numerodecuenta numerocuenta =clabe =cbu numerodaconta contabancaria numeroconto numerodiconto \
         contocorrente rekeningnummer numerkonta numerrachunku hesapno hesapnumara номерсчета номерсчёта \
         расчетныйсчет رقمالحساب खातासंख्या खातानंबर 银行账 銀行帳 口座番号 계좌번호",
    ),
    (
        Kind::GovernmentId,
        "=ssn =itin =ein =nino =cpf =cnpj =nif =nie =dni =curp =rfc =pesel =nip =bsn =tckn =tckimlik =snils =idnr \
         =tin aadhaar aadhar socialsec socialinsurance sozialversicherung steuerident steuernummer steuerid taxid \
         taxpayer nationalid nationalinsurance identitynumber identitycard idcardnum personalausweis ausweisnummer \
         reisepass passport securitesociale seguridadsocial documentodeidentidad codicefiscale partitaiva \
         cartadidentita burgerservice sofinummer dowodosobist kimlik vergino =инн =снилс паспорт رقمالهوية الهويةالوطنية \
         جوازالسفر आधार पासपोर्ट 身份证 身分證 护照 マイナンバー パスポート 주민등록 여권 driverlicen driverslicen drivinglicen \
         licensenum fuhrerschein permisdeconduire",
    ),
    (
        Kind::Token,
        "apikey apisecret appsecret secretkey clientsecret accesskey accesstoken authtoken privatekey seedphrase \
         recoveryphrase recoverykey backupphrase secretphrase secretrecovery mnemonic backupcode recoverycode \
         wiederherstellungs phrasederecup frasederecup frasesemilla frasedirecup herstelzin frazaodzysk \
         kurtarmaifade сидфраза секретнаяфраза عبارةالاسترداد रिकवरीवाक्यांश 助记词 助記詞 恢复短语 シードフレーズ \
         リカバリーフレーズ 복구문구 시드문구 webhooksecret =secret =token =seed =csrf =xsrf =jwt =bearer =signature =sig \
         =sessionid =jsessionid =phpsessid =sessid =sid =sessiontoken =credential =authorization",
    ),
    (
        Kind::Password,
        "password passwd passwort passphrase kennwort losungswort motdepasse motpasse contrasena contrasenia \
         palavrapasse palavrachave wachtwoord =haslo =senha =parola parolachiave parolasi =sifre sifreniz yenisifre пароль \
         كلمةالمرور كلمةالسر पासवर्ड 密码 密碼 口令 パスワード 비밀번호 암호 =pwd =pass =passe =passw =pw =psw =pswd =clave \
         securityanswer secretanswer secretquestion mothersmaiden mothermaiden",
    ),
    (
        Kind::Code,
        "=otp =pin =pincode =tan =mfa =2fa =totp =passcode =code =codes =codigo =codice =kod =kodu =код =пин onetime onetimepass verifycode \
         verificationcode authcode confirmationcode smscode smspin einmalcode einmalpass bestatigungscode \
         prufcode verifizierungscode codedeverif codedeconf codigodeverif verificatiecode kodweryfik dogrulamakodu \
         onaykodu кодподтверждения кодизсмс пинкод رمزالتحقق رمزالتأكيد الرمزالسري सत्यापनकोड ओटीपी पिनकोड 验证码 驗證碼 校验码 動態碼 \
         認証コード 確認コード 暗証番号 ワンタイム 인증번호 인증코드 확인코드 핀번호 일회용",
    ),
];

/// Words that make a code harmless.
const HARMLESS: &str = "zip postal postcode promo coupon voucher discount gift country area error status source qr \
    barcode product item color colour language dial plz state region sku http exit unicode conduct dress rabatt \
    gutschein";

/// What is left of [`WORDS`] in the module, as text is three times as large: the words' hashes, in lists by their first two
/// bytes. Another text with a hash in the right list turns up once in some million, and would be masked too.
struct Hashes {
    hashes: [[u8; 3]; COUNT],
    /// Of each word: its [`Fit`], then from bit 2 on its place in [`WORDS`], from [`LENGTH`] on its bytes, from [`THIRD`] on
    /// what it takes to pass by most words that only begin alike: four bits of its third byte.
    marks: [u16; COUNT],
    /// Where each list begins, and the last one ends.
    lists: [u16; LISTS + 1],
}

const LENGTH: u32 = 6;
const THIRD: u32 = 12;
/// As many lists as the words are split into.
const LISTS: usize = 256;
/// How many words there are.
const COUNT: usize = count();
static HASHES: Hashes = hashes();
/// What the words of each place in [`WORDS`] announce.
static KINDS: [Kind; WORDS.len()] = kinds();

const fn list(first: u8, second: u8) -> usize {
    (first as usize * 29 + second as usize) % LISTS
}

/// FNV-1a.
const fn hash(before: u32, byte: u8) -> u32 {
    (before ^ byte as u32).wrapping_mul(0x0100_0193)
}

const SEED: u32 = 0x811c_9dc5;

/// As much of a hash as is kept.
const fn short(hash: u32) -> [u8; 3] {
    let [a, b, c, _] = hash.to_le_bytes();
    [a, b, c]
}

/// The end of the word that begins at a place.
#[expect(clippy::indexing_slicing, reason = "only the compiler runs it")]
const fn word_end(words: &[u8], mut at: usize) -> usize {
    while at < words.len() && words[at] != b' ' {
        at += 1;
    }
    at
}

#[expect(clippy::indexing_slicing, reason = "only the compiler runs it")]
const fn count() -> usize {
    let (mut count, mut rank) = (0, 0);
    while rank < WORDS.len() {
        let words = WORDS[rank].1.as_bytes();
        let mut at = 0;
        while at < words.len() {
            at = word_end(words, at) + 1;
            count += 1;
        }
        rank += 1;
    }
    count
}

#[expect(clippy::indexing_slicing, reason = "only the compiler runs it")]
const fn kinds() -> [Kind; WORDS.len()] {
    let mut kinds = [Kind::Code; WORDS.len()];
    let mut rank = 0;
    while rank < WORDS.len() {
        kinds[rank] = WORDS[rank].0;
        rank += 1;
    }
    kinds
}

#[expect(clippy::indexing_slicing, reason = "only the compiler runs it")]
const fn hashes() -> Hashes {
    let mut all = Hashes { hashes: [[0; 3]; COUNT], marks: [0; COUNT], lists: [0; LISTS + 1] };
    let (mut found, mut numbers) = ([([0; 3], 0); COUNT], [0; COUNT]);
    let (mut n, mut rank) = (0, 0);
    while rank < WORDS.len() {
        let words = WORDS[rank].1.as_bytes();
        let mut at = 0;
        while at < words.len() {
            let end = word_end(words, at);
            let fit = match words[at] {
                b'=' => Fit::Word,
                b'!' => Fit::Whole,
                _ => Fit::Within,
            };
            if !matches!(fit, Fit::Within) {
                at += 1;
            }
            let length = (end - at) as u16;
            let third = if length > 2 { words[at + 2] as u16 } else { 0 };
            numbers[n] = list(words[at], words[at + 1]);
            let mut sum = SEED;
            while at < end {
                sum = hash(sum, words[at]);
                at += 1;
            }
            found[n] = (short(sum), third << THIRD | length << LENGTH | (rank as u16) << 2 | fit as u16);
            n += 1;
            at = end + 1;
        }
        rank += 1;
    }
    let (mut number, mut to) = (0, 0);
    while number < LISTS {
        n = 0;
        while n < COUNT {
            if numbers[n] == number {
                (all.hashes[to], all.marks[to]) = found[n];
                to += 1;
            }
            n += 1;
        }
        number += 1;
        all.lists[number] = to as u16;
    }
    all
}

/// What a short text announces. Words end at separators, where small letters become capitals, and where letters become
/// digits.
pub(super) fn announces(text: &str) -> Option<Kind> {
    let flat = Flat::new(text);
    let mut best = usize::MAX;
    for (start, begins) in &flat.starts {
        flat.words_at(*start, |mark, end| {
            let fits = match mark & 3 {
                0 => true,
                1 => *begins && flat.ends(end),
                _ => *start == 0 && end == flat.text.len(),
            };
            if fits {
                best = best.min(usize::from(mark >> 2 & 15));
            }
        });
    }
    let kind = *KINDS.get(best)?;
    (kind != Kind::Code || !scan::holds(&flat.text, HARMLESS)).then_some(kind)
}

/// A text without separators, and where its words begin.
struct Flat {
    text: String,
    /// Byte position of each character, and whether a word begins there.
    starts: Vec<(usize, bool)>,
}

impl Flat {
    fn new(text: &str) -> Self {
        let mut flat =
            Self { text: String::with_capacity(text.len()), starts: Vec::with_capacity(text.len()) };
        let (mut before, mut inside) = (' ', false);
        for letter in scan::letters(text) {
            let c = letter.plain;
            if let Some(folded) = letter.folded {
                let begins = !inside
                    || before.is_ascii_lowercase() && c.is_ascii_uppercase()
                    || before.is_ascii_digit() != c.is_ascii_digit();
                flat.starts.push((flat.text.len(), begins));
                flat.text.push(bare(folded));
            }
            inside = letter.folded.is_some();
            before = c;
        }
        flat
    }

    /// Calls `found` with the mark and the end of every word that begins at a place.
    fn words_at(&self, start: usize, mut found: impl FnMut(u16, usize)) {
        let bytes = self.text.as_bytes().get(start..).unwrap_or_default();
        let [first, second, ref after @ ..] = *bytes else { return };
        let third = after.first().map_or(0, |third| u16::from(*third) << THIRD);
        let number = list(first, second);
        let [from, to] = [number, number + 1].map(|n| HASHES.lists.get(n).map_or(0, |at| usize::from(*at)));
        let (Some(hashes), Some(marks)) = (HASHES.hashes.get(from..to), HASHES.marks.get(from..to)) else {
            return;
        };
        for (wanted, mark) in hashes.iter().zip(marks) {
            let length = usize::from(mark >> LENGTH & 63);
            if ((mark ^ third) >> THIRD == 0 || length < 3)
                && bytes
                    .get(..length)
                    .is_some_and(|word| short(word.iter().fold(SEED, |h, b| hash(h, *b))) == *wanted)
            {
                found(*mark, start + length);
            }
        }
    }

    fn ends(&self, at: usize) -> bool {
        at == self.text.len() || self.starts.iter().any(|(start, begins)| *start == at && *begins)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::privacy::fold::fold;

    #[test]
    fn words_are_spelt_as_texts_are_folded() {
        for (_, words) in WORDS {
            for word in words.split_ascii_whitespace() {
                let word = word.trim_start_matches(['=', '!']);
                let folded: String = word.chars().filter_map(fold).map(bare).collect();
                assert_eq!(word, folded);
            }
        }
    }

    #[test]
    fn every_word_is_found_by_its_hash() {
        for (rank, (kind, words)) in WORDS.iter().enumerate() {
            for word in words.split(' ') {
                let text = word.trim_start_matches(['=', '!']);
                let found = announces(text);
                let before = WORDS.iter().take(rank).any(|(kind, _)| found == Some(*kind));
                assert!(found == Some(*kind) || before, "{word}: {found:?}");
            }
        }
        let mut hashes = HASHES.hashes;
        hashes.sort_unstable();
        assert!(hashes.windows(2).all(|w| w[0] != w[1]), "two words are one");
    }

    #[test]
    fn announces_in_many_spellings() {
        for (text, kind) in [
            ("user_password", Kind::Password),
            ("txtSenha", Kind::Password),
            ("Contraseña", Kind::Password),
            ("Şifre", Kind::Password),
            ("Hasło:", Kind::Password),
            ("كلمة المرور", Kind::Password),
            ("पासवर्ड", Kind::Password),
            ("密码", Kind::Password),
            ("パスワード", Kind::Password),
            ("비밀번호", Kind::Password),
            ("cardnumber", Kind::Card),
            ("Card", Kind::Card),
            ("Numéro de carte", Kind::Card),
            ("Срок действия карты", Kind::Expiry),
            ("MM / YY", Kind::Expiry),
            ("exp-date", Kind::Expiry),
            ("cvv2", Kind::CardCode),
            ("Prüfnummer der Karte", Kind::CardCode),
            ("Card security code", Kind::CardCode),
            ("Enter the code we sent", Kind::Code),
            ("Enter your PIN", Kind::Code),
            ("認証コード", Kind::Code),
            ("Social security number", Kind::GovernmentId),
            ("Steuer-ID", Kind::GovernmentId),
            ("IBAN", Kind::Bank),
            ("Secret recovery phrase", Kind::Token),
            ("csrf_token", Kind::Token),
        ] {
            assert_eq!(announces(text), Some(kind), "{text}");
        }
        for text in [
            "Shipping address",
            "Search",
            "Full name",
            "ZIP code",
            "Promo code",
            "Company",
            "Message",
            "desenhar",
        ] {
            assert_eq!(announces(text), None, "{text}");
        }
    }
}
