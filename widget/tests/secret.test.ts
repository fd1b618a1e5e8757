import { test } from "node:test";
import { equal } from "node:assert/strict";
import { carriesSecret } from "../src/lazy/secret.ts";

/** What people write who tell a secret. */
const TOLD: Record<string, string[]> = {
  en: [
    "my password is Xy12…",
    "My password is Xy12ab!",
    "Hello, I am ab12345 and my password is “correct-horse-7”. Please look.",
    "pw: hunter2",
    "PW=hunter22",
    "pwd = Tr0ub4dor&3",
    "user ab12345, password: 20240817",
    "Username: ada\nPassword:\nXy12ab",
    "the password for eduroam is Pa$$wort",
    "The password of my account was Summer2024, it was now refused",
    "password (new) is wrong, my old password is Summer2024",
    "my passphrase is: horse+battery",
    "My verification code is 483920",
    "2FA code: 483 920",
    "the sms code is G-483920",
    "OTP: 48392011",
    "The authenticator shows a number, the code is 483920",
  ],
  de: [
    "Mein Passwort ist Xy12ab!",
    "Passwort: Sommer2024",
    "Mein WLAN-Passwort lautet Sommer2024.",
    "PW: hunter2",
    "Kennwort = geheim99",
    "Das Passwort für eduroam ist Sommer2024",
    "Mein Passwort heißt jetzt: Sommer2024",
    "Der Sicherheitscode ist 483920",
    "SMS-Code: 483920",
    "Die MFA will einen Code, der Code ist 483920",
    "Zwei-Faktor: der Code aus der App lautet 483 920",
  ],
  fr: [
    "Mon mot de passe est Xy12ab!",
    "mot de passe : Soleil2024",
    "mdp: Soleil2024",
    "Le mot de passe pour eduroam est « Soleil2024 »",
    "Le code de vérification est 483920",
    "Double authentification : le code est 483920",
  ],
  es: [
    "Mi contraseña es Verano2024",
    "contraseña: Verano2024",
    "La contraseña para eduroam es Verano2024.",
    "El código de verificación es 483920",
  ],
  pl: [
    "Moje hasło to Lato2024!",
    "hasło: Lato2024",
    "haslo: Lato2024",
    "Hasło do eduroam to Lato2024",
    "Kod weryfikacyjny to 483920",
  ],
  zh: ["我的密码是Xy12ab，请帮我看看", "密码：Xy12ab", "密码: 20240817", "验证码是483920", "口令为 Xy12ab"],
  ar: [
    "كلمة المرور هي Xy12ab",
    "كلمة المرور: Xy12ab",
    "كلمة السر الخاصة بي هي Xy12ab",
    "رمز التحقق هو 483920",
    "رمز التحقق هو ٤٨٣٩٢٠",
  ],
};

/** What people write about passwords and codes, and gives none away. */
const SPOKEN_OF: Record<string, string[]> = {
  en: [
    "I forgot my password",
    "password reset does not work",
    "My password is wrong",
    "my password is expired.",
    "My password is wrong!!!please help",
    "My password is f***ing wrong",
    "my password is not accepted since 10:30",
    "The password is case-sensitive?",
    "my password is 2FA-protected",
    "My password is 12 characters long",
    "my password is 90 days old",
    "My password is the same as on the computer in AT 5.05",
    "Is the password WPA2?",
    "What is my password?",
    "Password: forgotten. User: ab12345",
    "Password reset: ab12345",
    "Reset password: ab12345",
    "Forgot password: ab12345",
    "I need a new password: ab12345",
    "Please reset the password for user: ab12345",
    "Password for ab12345@example.org:",
    "My password does not work and my username is ab12345",
    "My password: is it the one of ab12345?",
    "Failed password for ab12345 from 10.0.0.1 port 22 ssh2",
    "The password is in the mail of 2026-11-30",
    "The password is: https://help.example/reset1",
    "password: see help.example/pw1",
    "password: <your-password1>",
    "password=$PASSWORD1",
    "if password == input1: print('no')",
    "password: ********",
    "password = os.environ['PW1']",
    "My password is ada1@example.org or not?",
    "My password is Windows11 related",
    "The password is error 0x80070056",
    "The password field says AADSTS50126",
    "The keyboard makes y of z and my password is wrong 3 times",
    "passwordless sign-in: step1of3",
    "the error code is 500121",
    "Error code: 500121 when I log in with MFA",
    "The MFA fails. Code: 500121",
    "MFA: my matriculation code is 1234567",
    "The verification code is expired",
    "The verification code is 6 digits long, and I got none",
    "I never got the 2FA code",
    "My postal code is 10115",
    "Source code: 20240817.zip",
    "",
  ],
  de: [
    "Ich habe mein Passwort vergessen",
    "Passwort vergessen: ab12345",
    "Das Passwort zurücksetzen geht nicht",
    "Passwort zurücksetzen: ab12345",
    "Mein Passwort ist falsch",
    "Mein Passwort ist abgelaufen!",
    "Mein Passwort ist seit 24.11. falsch",
    "Mein Passwort ist 8-stellig",
    "Das Passwort ist nicht Office365 zugeordnet",
    "Ich brauche ein neues Passwort: ab12345",
    "Passwort: 3x falsch eingegeben",
    "Das Passwort für ab12345 ist abgelaufen",
    "Der Fehlercode ist 500121, bei der MFA",
    "Der Code ist falsch",
    "Der Sicherheitscode kommt nicht an",
    "Die PLZ ist 10115, der Code am Eingang 4711",
  ],
  fr: [
    "J’ai oublié mon mot de passe",
    "Mot de passe oublié : ab12345",
    "Mon mot de passe est incorrect",
    "Mon mot de passe est expiré.",
    "La réinitialisation du mot de passe ne marche pas",
    "Réinitialiser le mot de passe : ab12345",
    "Le code d’erreur est 500121",
    "Le code de vérification est refusé",
  ],
  es: [
    "He olvidado mi contraseña",
    "Mi contraseña es incorrecta",
    "Mi contraseña está caducada",
    "Restablecer contraseña: ab12345",
    "La contraseña es de 12 caracteres",
    "El código de verificación no llega",
  ],
  pl: [
    "Zapomniałem hasła",
    "Moje hasło jest nieprawidłowe",
    "Hasło wygasło",
    "Zmiana: hasło nie działa",
    "Zapomniane hasło: ab12345",
    "Kod błędu to 500121",
    "Kod weryfikacyjny nie dochodzi",
  ],
  zh: ["我忘记密码了", "我的密码是错误的", "密码是12位的", "密码过期了", "忘记密码：ab12345", "错误代码：500121", "收不到验证码"],
  ar: [
    "نسيت كلمة المرور",
    "كلمة المرور خاطئة",
    "كلمة المرور هي منتهية الصلاحية",
    "إعادة تعيين كلمة المرور: ab12345",
    "لم يصل رمز التحقق",
    "رمز الخطأ هو 500121",
  ],
};

for (const [language, texts] of Object.entries(TOLD))
  test(`in ${language} a secret that is told is seen`, () => {
    for (const text of texts) equal(carriesSecret(text), true, text);
  });

for (const [language, texts] of Object.entries(SPOKEN_OF))
  test(`in ${language} words about passwords and codes pass`, () => {
    for (const text of texts) equal(carriesSecret(text), false, text);
  });

test("the longest message is read through, whatever it repeats", () => {
  for (const part of ["password ", "password is ", "my password for ", "a-", "code 2fa is ", "password: a", "كلمة المرور "])
    equal(carriesSecret(part.repeat(30_000 / part.length)), false, part);
});
