//! What fields are called, in the languages people use.

/// What a field is for.
pub const KINDS: [&str; 7] = ["password", "card", "security code", "expiry", "code", "account", "id"];

/// A language, and what its fields of each of [`KINDS`] are called.
pub const LABELS: [(&str, [&str; 7]); 15] = [
    (
        "English",
        [
            "Password",
            "Card number",
            "Security code",
            "Expiry date",
            "Verification code",
            "Account number",
            "Social security number",
        ],
    ),
    (
        "German",
        [
            "Passwort",
            "Kartennummer",
            "Prüfnummer",
            "Ablaufdatum",
            "Bestätigungscode",
            "Kontonummer",
            "Steuer-ID",
        ],
    ),
    (
        "French",
        [
            "Mot de passe",
            "Numéro de carte",
            "Cryptogramme visuel",
            "Date d’expiration",
            "Code de vérification",
            "Numéro de compte",
            "Numéro de sécurité sociale",
        ],
    ),
    (
        "Spanish",
        [
            "Contraseña",
            "Número de tarjeta",
            "Código de seguridad",
            "Fecha de caducidad",
            "Código de verificación",
            "Número de cuenta",
            "DNI",
        ],
    ),
    (
        "Portuguese",
        [
            "Senha",
            "Número do cartão",
            "Código de segurança",
            "Data de validade",
            "Código de verificação",
            "Número da conta",
            "CPF",
        ],
    ),
    (
        "Italian",
        [
            "La tua password",
            "Numero della carta",
            "Codice di sicurezza",
            "Data di scadenza",
            "Codice di verifica",
            "Numero di conto",
            "Codice fiscale",
        ],
    ),
    (
        "Dutch",
        [
            "Wachtwoord",
            "Kaartnummer",
            "Beveiligingscode",
            "Vervaldatum",
            "Verificatiecode",
            "Rekeningnummer",
            "Burgerservicenummer",
        ],
    ),
    (
        "Polish",
        [
            "Hasło",
            "Numer karty",
            "Kod bezpieczeństwa",
            "Data ważności",
            "Kod weryfikacyjny",
            "Numer konta",
            "PESEL",
        ],
    ),
    (
        "Turkish",
        [
            "Şifre",
            "Kart numarası",
            "Güvenlik kodu",
            "Son kullanma tarihi",
            "Doğrulama kodu",
            "Hesap numarası",
            "T.C. Kimlik No",
        ],
    ),
    (
        "Russian",
        [
            "Пароль",
            "Номер карты",
            "Код безопасности",
            "Срок действия",
            "Код подтверждения",
            "Номер счёта",
            "Паспорт",
        ],
    ),
    (
        "Arabic",
        [
            "كلمة المرور",
            "رقم البطاقة",
            "رمز الأمان",
            "تاريخ انتهاء الصلاحية",
            "رمز التحقق",
            "رقم الحساب",
            "رقم الهوية",
        ],
    ),
    ("Hindi", ["पासवर्ड", "कार्ड नंबर", "सुरक्षा कोड", "समाप्ति तिथि", "सत्यापन कोड", "खाता संख्या", "आधार नंबर"]),
    ("Chinese", ["密码", "卡号", "安全码", "有效期", "验证码", "银行账号", "身份证号码"]),
    (
        "Japanese",
        [
            "パスワード",
            "カード番号",
            "セキュリティコード",
            "有効期限",
            "認証コード",
            "口座番号",
            "マイナンバー",
        ],
    ),
    ("Korean", ["비밀번호", "카드 번호", "보안 코드", "유효기간", "인증번호", "계좌번호", "주민등록번호"]),
];
