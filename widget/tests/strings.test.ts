import { test } from "node:test";
import { deepEqual, equal, ok } from "node:assert/strict";
import ar from "../src/languages/ar.json";
import de from "../src/languages/de.json";
import es from "../src/languages/es.json";
import fr from "../src/languages/fr.json";
import pl from "../src/languages/pl.json";
import zh from "../src/languages/zh.json";
import {
  EN,
  launcherIn,
  say,
  sayIfKnown,
  sayPresence,
  sayUnread,
  speak,
  spoken,
  wordsOf,
} from "../src/strings.ts";

const LANGUAGES: Record<string, Record<string, string>> = { ar, de, es, fr, pl, zh };

test("with whom one talks is said in words, and not that they are there, which nobody knows", () => {
  equal(sayPresence([]), "Waiting for an answer"); // promised is nothing
  equal(sayPresence(["Grace Hopper"]), "Chat with Grace Hopper");
  equal(sayPresence(["Grace Hopper", "Alan Turing"]), "Chat with Grace Hopper and Alan Turing");
  equal(
    sayPresence(["Grace Hopper", "Alan Turing", "Edsger Dijkstra"]),
    "Chat with Grace Hopper, Alan Turing and Edsger Dijkstra",
  );
});

test("numbers are counted as English does", () => {
  equal(sayUnread(1), "1 new message");
  equal(sayUnread(2), "2 new messages");
});

test("what is filled in is not filled again", () => {
  equal(
    say("invited_text", { who: "{ticket}", ticket: "12345" }),
    "{ticket} would like to talk with you about ticket #12345.",
  );
});

test("a notice of a later service is left out, not shown as a code", () => {
  equal(sayIfKnown("visitor_moved"), "");
  equal(sayIfKnown("operator_joined", { name: "Grace Hopper" }), "Grace Hopper joined");
});

/** The words whose number decides, in the forms that a language has. */
const formsIn = (language: string) => {
  const forms = new Intl.PluralRules(language).resolvedOptions().pluralCategories;
  const counted = forms.map((form) => [`unread_${form}`, `longer_${form}`]).flat();
  return counted.filter((word) => word !== "longer_zero"); // longer_none
};

for (const [language, words] of Object.entries(LANGUAGES)) {
  test(`in ${language} no sentence is missing, and none is said that English does not have`, () => {
    const counted = /^(unread|longer)_(zero|one|two|few|many|other)$/;
    const wanted = [...Object.keys(EN).filter((word) => !counted.test(word)), ...formsIn(language)];
    deepEqual(Object.keys(words).sort(), wanted.sort());
  });

  test(`in ${language} every sentence has the blanks of the English one`, () => {
    const blanks = (text: string) => (text.match(/\{\w+\}/g) ?? []).sort().join();
    for (const [word, text] of Object.entries(words)) {
      const english = (EN as Record<string, string>)[word];
      ok(text.trim(), word);
      if (english && !/_(zero|one|two)$/.test(word)) equal(blanks(text), blanks(english), word);
    }
  });
}

test("where a record goes is said without calling the ticket the visitor's: it may be a new one", () => {
  const his = { en: "your ticket", de: "Ihr(em)? Ticket", es: "su tique", fr: "votre ticket", pl: "Twoim", zh: "您的工单", ar: "تذكرتك" };
  for (const [language, ticket] of Object.entries(his))
    for (const word of ["filed", "not_shown", "not_sure", "rate_note", "rate_thanks"] as const) {
      const said = (language === "en" ? EN : LANGUAGES[language])?.[word] ?? ticket;
      ok(!new RegExp(ticket).test(said), `${language}: ${said}`);
    }
});

test("a chat and a ticket are called one thing in each language", () => {
  const others: Record<string, RegExp> = {
    ar: /دردشة/,
    es: /ticket(?!\})|en directo/,
    zh: /会话/,
  };
  for (const [language, words] of Object.entries(LANGUAGES))
    for (const [word, text] of Object.entries(words)) ok(!others[language]?.test(text), `${language} ${word}: ${text}`);
});

test("the launcher speaks the page's language before anything was fetched, other words after it", () => {
  deepEqual(launcherIn("de-CH"), ["de", "Live-Chat"]);
  deepEqual(launcherIn("fi"), ["en", "Live chat"]);
  deepEqual([wordsOf("en-GB"), wordsOf("fi")], ["", ""]);
  ok(/^words\/pl\.[0-9a-f]{8}\.json$/.test(wordsOf("pl")));
  speak("pl", { "{n} new messages": "?", unread_few: "{n} nowe wiadomości", Sent: "Wysłano" });
  deepEqual([spoken(), wordsOf("pl-PL")], [{ lang: "pl", dir: "ltr" }, ""]);
  deepEqual([say("sent"), say("edited"), sayUnread(3)], ["Wysłano", "edited", "3 nowe wiadomości"]);
  speak("ar", {});
  equal(spoken().dir, "rtl");
  speak("en", {});
});
