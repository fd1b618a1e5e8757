// Switches for a trial: consent, installation, and trouble on demand.

import { act, control } from "./api.js";
import { announce, h } from "./dom.js";

const TROUBLES = {
  "Too many requests (429), next 3": { status: 429, code: "TooManyRequests", message: "Too many requests", retry_after: 2, times: 3 },
  "Bad gateway (502), next 1": { status: 502, code: "ServiceError", message: "Something went wrong on the way" },
  "Bad gateway as a web page, next 1": { status: 502, html: true },
  "Answer lost after it was done, next 1": { drop: true, accepted: true },
  "Connection lost before, next 1": { drop: true },
  "Slow by 5 seconds, next 3": { delay: 5, times: 3 },
  "Writes are blocked (403), next 1": { status: 403, code: "MessageWritesBlocked", message: "The bot was blocked." },
};

export function fillTrial(place, view, person, bot) {
  const key = `${view.id} ${person}`;
  if (place.dataset.key !== key) {
    place.dataset.key = key;
    place.querySelector(".trial-body").replaceChildren(
      ...(view.kind === "personal" ? [] : [consent(view, bot)]), installed(view, person, bot), trouble(view), again(person));
  }
  for (const name of ["hearsEverything", "installed"]) {
    const box = place.querySelector(`[name=${name}]`);
    if (box) box.checked = view[name];
  }
}

function consent(view, bot) {
  const whole = view.kind === "channel" ? "this team" : "this chat";
  const box = h("input", { type: "checkbox", name: "hearsEverything" });
  box.addEventListener("change", () => attempt(control("PUT", "consent", { where: view.id, on: box.checked })));
  return h("label", { class: "choice" }, box, h("span", {}, `${bot} may read every message of ${whole} (RSC consent)`));
}

function installed(view, person, bot) {
  const box = h("input", { type: "checkbox", name: "installed" });
  box.addEventListener("change", () => attempt(act({ person, do: box.checked ? "install" : "uninstall", where: view.id })));
  return h("label", { class: "choice" }, box, h("span", {}, `${bot} is installed here`));
}

function trouble(view) {
  const select = h("select", { id: "trouble" }, ...Object.keys(TROUBLES).map((name) => h("option", {}, name)));
  const cause = () => attempt(control("POST", "faults", { on: "*", conversation: view.id, ...TROUBLES[select.value] }), "The next requests of the bot here will see it.");
  const stop = () => attempt(control("DELETE", "faults", {}), "Teams works again.");
  return h("div", { class: "trial-row" },
    h("label", { for: "trouble" }, "Trouble in Teams"), select,
    h("button", { type: "button", onclick: cause }, "Cause it"),
    h("button", { type: "button", onclick: stop }, "Stop all"));
}

function again(person) {
  const send = (fresh) => () => attempt(act({ person, do: "again", new_id: fresh }), "Sent again.");
  return h("div", { class: "trial-row" },
    h("span", {}, "Your last action, sent to the bot again"),
    h("button", { type: "button", onclick: send(false) }, "with the same id"),
    h("button", { type: "button", onclick: send(true) }, "with a new id"));
}

function attempt(promise, words) {
  promise.then(() => words && announce(words)).catch((error) => announce(error.message, "error"));
}
