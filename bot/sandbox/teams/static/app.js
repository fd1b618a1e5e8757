// The page: who you are, where you are, and what happens there.

import * as api from "./api.js";
import { announce, h } from "./dom.js";
import { Conversation, composer } from "./threads.js";
import { showRail } from "./rail.js";
import { fillTrial } from "./trial.js";

const state = { person: "", place: "", view: null, rail: null };
const byId = (id) => document.getElementById(id);

function readAddress() {
  const wanted = new URLSearchParams(location.hash.slice(1));
  return { person: wanted.get("person") || "grace", place: wanted.get("in") || "", post: wanted.get("post") || "" };
}

function writeAddress() {
  history.replaceState(null, "", `#${new URLSearchParams({ person: state.person, in: state.place })}`);
}

async function become(person, place = "") {
  const rail = await api.rail(person);
  state.person = person;
  state.rail = rail;
  document.body.dataset.teamsId = rail.me.id;
  const places = [...rail.teams.flatMap((team) => team.channels), ...rail.chats];
  const wanted = places.find((one) => one.id === place || one.name === place) || places.find((one) => one.name === "Live chat") || places[0];
  await open(wanted.id);
}

async function open(place) {
  state.place = place;
  writeAddress();
  state.view = new Conversation(byId("posts"), state.person, state.rail.bot.name);
  const view = await refresh();
  byId("new-post").replaceChildren(composer({
    label: view.kind === "channel" ? `New post in ${view.name}` : `Message to ${view.name}`,
    button: view.kind === "channel" ? "Post" : "Send",
    bot: view.kind === "personal" ? "" : state.rail.bot.name,
    rows: 2,
    send: (text, images) => api.act({ person: state.person, do: "post", where: place, text, images }),
  }));
  drawRail();
  closeMenu();
}

async function refresh() {
  const { person, place, view: shown } = state;
  const view = await api.conversation(person, place);
  if (person === state.person && place === state.place && shown === state.view) {
    header(view);
    shown.update(view);
  }
  return view;
}

function header(view) {
  const team = state.rail.teams.find((one) => one.id === view.team);
  byId("place-name").textContent = view.name;
  byId("place-team").textContent = team ? team.name : view.kind === "personal" ? "Personal chat with the app" : view.members.map((one) => one.name).join(", ");
  fillTrial(byId("trial"), view, state.person, state.rail.bot.name);
}

function drawRail() {
  showRail(state.rail, state.place, { become: (person) => guarded(become(person, state.place)), open: (place) => guarded(open(place)) });
}

function guarded(promise) {
  return promise.catch((error) => announce(error.message, "error"));
}

function closeMenu() {
  document.body.classList.remove("menu-open");
  byId("menu").setAttribute("aria-expanded", "false");
}

byId("menu").addEventListener("click", () => {
  const isOpen = document.body.classList.toggle("menu-open");
  byId("menu").setAttribute("aria-expanded", String(isOpen));
});

document.addEventListener("click", (event) => {
  if (document.body.classList.contains("menu-open") && !event.target.closest(".rail, #menu")) closeMenu();
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") closeMenu();
});

let waiting = null;

/** Many changes at once are one look. */
function changed(conversation) {
  if (!state.view) return;
  if (conversation !== null && conversation !== state.place) {
    clearTimeout(state.railTimer);
    state.railTimer = setTimeout(() => guarded(api.rail(state.person).then((rail) => { state.rail = rail; drawRail(); })), 150);
    return;
  }
  clearTimeout(waiting);
  waiting = setTimeout(() => guarded(refresh()), 40);
}

const wanted = readAddress();
await guarded(become(wanted.person, wanted.place));
if (wanted.post) byId("posts").querySelector(`[data-thread="${CSS.escape(wanted.post)}"]`)?.scrollIntoView();
api.listen(changed);
window.addEventListener("hashchange", () => {
  const next = readAddress();
  if (next.person !== state.person || next.place !== state.place) guarded(become(next.person, next.place));
});
document.body.append(h("span", { id: "ready", hidden: true }));
