// The left side: who you are, your teams' channels and your chats.

import { h } from "./dom.js";

const seen = new Map(); // "person conversation" -> id of the newest post that was looked at
const byId = (id) => document.getElementById(id);

export function showRail(rail, place, { become, open }) {
  people(rail, become);
  const button = (entry) => placeButton(rail, entry, place, open);
  const teams = rail.teams.map((team) =>
    h("section", { class: "team" },
      h("h2", {}, team.name),
      h("ul", {}, ...team.channels.map((channel) => h("li", {}, button(channel))))));
  const chats = h("section", { class: "team" }, h("h2", {}, "Chats"), h("ul", {}, ...rail.chats.map((chat) => h("li", {}, button(chat)))));
  const focused = document.activeElement?.dataset?.place;
  byId("places").replaceChildren(...teams, chats);
  if (focused) byId("places").querySelector(`[data-place="${CSS.escape(focused)}"]`)?.focus();
}

function people(rail, become) {
  const select = byId("person");
  if (select.options.length !== rail.people.length) {
    select.replaceChildren(...rail.people.map((person) => h("option", { value: person.key }, described(person, rail))));
    select.addEventListener("change", () => become(select.value));
  }
  select.value = rail.me.key;
}

function described(person, rail) {
  const home = rail.people[0].tenantId;
  if (person.role === "guest") return `${person.name} (guest)`;
  return person.tenantId === home ? person.name : `${person.name} (other tenant)`;
}

function placeButton(rail, entry, place, open) {
  const key = `${rail.me.key} ${entry.id}`;
  const here = entry.id === place;
  if (here || !seen.has(key)) seen.set(key, entry.last);
  const fresh = seen.get(key) !== entry.last;
  const attributes = { type: "button", class: `place ${fresh ? "fresh" : ""}`, "aria-current": here ? "page" : null, "data-place": entry.id, onclick: () => open(entry.id) };
  return h("button", attributes,
    h("span", { class: "sign", "aria-hidden": "true" }, entry.kind === "channel" ? "#" : entry.kind === "personal" ? "◆" : "◇"),
    h("span", { class: "place-name" }, entry.name),
    fresh ? h("span", { class: "dot" }, h("span", { class: "visually-hidden" }, "new messages")) : null);
}
