/**
 * Whether a text carries a password, a PIN, or a code for signing in. Whoever is asked in vain learns to
 * press the question away, so it wants all of: a word for one, ":", "=" or "is", and a token that
 * looks like one. "My password is wrong" has a word there, and no secret.
 */

/** A word for a secret, "is", and what may stand between, as "for" in "for eduroam"; in each language. */
type Named = readonly [words: string, is: string, between?: string];

const PASSWORDS: Named[] = [
  ["pass(?:word|phrase|wd)|pwd?", "is|was", "for|of|on|at|in"],
  ["[\\p{L}-]{0,20}(?:passwort|kennwort)|pwd?", "ist|lautet|hei(?:ß|ss)t|war", "f(?:ü|ue)rs?|von|vom|bei|beim|im|in"],
  ["mot de passe|mdp", "est|était|c['’]est", "pour|de|du|sur"],
  ["contrase[ñn]a|clave", "es|era", "para|de|del|en"],
  ["has[łl]o", "to|jest|brzmi", "do|dla|w"],
  ["密码|密碼|口令", "是|为|為"],
  ["و?كلم(?:ة|تي?) (?:ال)?(?:مرور|سر)ي?", "هي|هو", "الخاصة|لحساب"],
];

const CODES: Named[] = [
  ["(?:verification|security|authenticat(?:ion|or)|one[- ]time|2fa|mfa|two[- ]factor|otp|sms|log-?in|sign-?in) code|otp", "is|was", "from|for|of|in|on"],
  ["(?:bestätigungs|sicherheits|verifizierungs|anmelde|einmal|login|2fa|mfa|otp|sms)[- ]?code", "ist|lautet|war", "aus|von|vom|für|per"],
  ["code (?:de (?:vérification|sécurité|connexion|validation)|d['’]authentification|à usage unique|2fa|mfa|sms)", "est|était", "pour|de|du"],
  ["código (?:de (?:verificación|seguridad|acceso|autenticación|un solo uso)|2fa|mfa|sms)", "es|era", "para|de|del"],
  ["kod (?:weryfikacyjny|bezpieczeństwa|logowania|jednorazowy|uwierzytelniający|2fa|mfa|sms)", "to|jest|brzmi", "do|dla|z"],
  ["验证码|驗證碼|动态码|一次性密码", "是|为|為"],
  ["و?رمز (?:التحقق|الأمان|الدخول|تسجيل الدخول|المصادقة)", "هو|هي", "من|لحساب"],
];

/** A code that is called no more than that, where a second factor is spoken of. */
const BARE: Named[] = [
  ["(?:the|my|der|mein|le|mon|el|mi|ten|mój) (?:code|código|kod)", "is|ist|lautet|est|es|to|jest", "from|aus|von"],
  ["ال?رمز", "هو", "من"],
];
const SECOND_FACTOR =
  /2fa|mfa|otp|authenticator|(?:two|second)[- ]factor|zwei-?faktor|zweiter faktor|(?:deux|double) (?:facteur|authentification)|(?:dos|doble) factor|dwuskładnikow|ثنائي|بخطوتين/iu;
/** What fails has codes as well. */
const FAILS = /error|fail|fehler|schlug|erreur|échou|échec|falla|fallo|błąd|błęd|status|خطأ|فشل/iu;

/** Before the word: then it is about a password, and whose it is may follow. */
const ABOUT =
  /forg|lost|reset|postal|chang|expir|recover|need|request|wrong|vergess|zurück|änder|verlor|abgelauf|brauch|benötig|falsch|oubli|réinit|perd|besoin|olvid|palabra|restab|cambi|recuper|caduc|necesit|zapomn|zmian|zmie[nń]|odzysk|wygas|potrzeb|忘|重置|重设|修改|更改|找回|过期|需要|نسي|إعادة|تغيير|استعادة|فقد|أحتاج/iu;

/** Latin letters, digits and signs in one piece; words in other scripts end it. */
const TOKEN = "[!-~\\u00a1-\\u024f]+";
const DIGITS = "(?:\\p{Nd}{6,8}|\\p{Nd}{3}[ -]\\p{Nd}{3,4}|[A-Z]-\\p{Nd}{6})(?![\\p{L}\\p{Nd}])";

/** What a token may stand in. */
const QUOTES = "[\\s\"'“”„«`‘]*";

/** What finds such a word and captures the token behind it. Safari 15 looks at nothing behind. */
const finding = (named: Named[], token: string): RegExp[] =>
  named.map(([words, is, between]) => {
    const begins = between ? "(?:^|[^\\p{L}\\p{N}_])" : ""; // Chinese leaves no spaces
    const gap = between ? `(?:\\s+(?:${between})(?:\\s+[\\p{L}-]+){1,3}?)?\\s+` : "\\s*";
    const said = `${gap}(?:${is})(?:\\s+(?:now|jetzt|maintenant|ahora|teraz))?\\s*[:：]?`;
    return new RegExp(`${begins}(?:${words})(?:\\s*[:=：＝](?!=)|${said})${QUOTES}(${token})`, "giu");
  });

/** "pass" where a clause begins with it: a bus pass is no secret, and "PASS:" is what tests say. */
const BEFORE_PASS = "^|[\\n,;/|(]\\s*|\\b(?:my|and|(?:[Uu]ser(?:name)?|[Ll]ogin)[ :=]+[^\\s,;/|(]{1,40})\\s+";
const passes = [new RegExp(`(?:${BEFORE_PASS})[Pp]ass\\s*[:=](?!=)${QUOTES}(${TOKEN})`, "gu")];

/** A PIN; in small letters it must be the writer's own, for plugs have pins as well. */
const MY_PIN = "(?:[Mm]y|[Mm]eine?|[Mm]on|[Mm]i|[Mm]ój)\\s(?:c[oó]d(?:e|igo)\\s|kod\\s)?[Pp]in";
const IS = "\\s*[:=：]|\\s+(?:is|was|ist|lautet|war|est|était|es|era|to|jest|brzmi)\\s*:?";
const pins = [
  `(?:^|[^\\p{L}\\p{N}_])(?:PIN|${MY_PIN})(?:[- ][Cc]ode|-?[Nn]ummer)?(?:${IS})`,
  "PIN\\s?码?\\s*(?:[:：]|是|为|為)",
  "رقمي?\\sالسري\\s*(?:[:=]|هو)",
].map((one) => new RegExp(`${one}${QUOTES}(\\p{Nd}{4,8})(?![\\p{L}\\p{Nd}])`, "gu"));

const passwords = finding(PASSWORDS, TOKEN);
const codes = finding(CODES, DIGITS);
const bare = finding(BARE, DIGITS);

/** Numbers with a unit, names with a version, error codes, addresses, paths, blanks to be filled in. */
const ORDINARY = [
  /^\d{1,3}[\p{L}-]+$/u,
  /^\p{L}+-\d{1,3}$/u,
  /^(?:office|win|windows|microsoft|exchange|word|excel|outlook|ios|android|macos|ubuntu|sha|md|wpa|base|utf|aes|rsa|iso|rfc|aadsts|err|error|ticket|rt|inc)\W?\d/iu,
  /^0x[\da-f]+$/iu,
  /^[\w-]+(?:\.[\w-]+)+(?:[/:?].*)?$/u,
  /^\S+@\S+\.\S+$/u,
  /^[/\\$%{[<~]|:\/\/|\w[([]/u,
];

/** Has it digits or signs among its letters, or is it a long number? */
function looksSecret(token: string): boolean {
  const word = token.replace(/^[*_(]+|[^\p{L}\p{Nd}$%^+=#@]+$/gu, "");
  const { length } = word;
  if (length > 64 || ORDINARY.some((one) => one.test(word))) return false;
  if (/^\p{Nd}+$/u.test(word)) return length > 5;
  if (!/\p{L}/u.test(word)) return false;
  if (!/\p{Nd}/u.test(word)) return length > 5 && /.[$^+=~§€@#%]./u.test(word);
  return length > 5 || (length > 3 && /\p{Lu}/u.test(word) && /\p{Ll}/u.test(word));
}

/** Whether one is there, in a clause that is not about a password that was forgotten. */
const has = (text: string, all: RegExp[], fits: (token: string) => boolean = () => true): boolean =>
  all.some((one) =>
    [...text.matchAll(one)].some(({ index = 0, 1: token = "" }) => {
      const clause = text.slice(Math.max(0, index - 60), index).replace(/^.*[.,;:!?\n。，；！？،]/su, "");
      return !ABOUT.test(clause) && fits(token);
    }),
  );

export const carriesSecret = (text: string): boolean =>
  has(text, passwords, looksSecret) ||
  has(text, passes, looksSecret) ||
  has(text, codes) ||
  has(text, pins) ||
  (SECOND_FACTOR.test(text) && !FAILS.test(text) && has(text, bare));
