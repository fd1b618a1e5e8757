// The buttons of Adaptive Cards.

import { announce, freshId, h } from "./dom.js";

const KINDS = {
  "Action.Execute": sender,
  "Action.Submit": sender,
  "Action.OpenUrl": opener,
  "Action.ShowCard": unfolder,
  "Action.ToggleVisibility": toggler,
};

/** A row of buttons, with the cards that they unfold below it. */
export function actionRow(actions, context) {
  const buttons = h("div", { class: "actions" });
  const row = h("div", { class: "action-set" }, buttons);
  for (const action of actions) {
    const make = KINDS[action.type];
    if (make) buttons.append(make(action, context, row));
    else if (action.fallback !== "drop") buttons.append(h("span", { class: "card-warning" }, `Teams does not know ${action.type}.`));
  }
  return row;
}

function button(action, onclick, more = {}) {
  const style = action.style ? `style-${action.style}` : "";
  const attributes = { type: "button", class: `action ${style}`, title: action.tooltip, disabled: action.isEnabled === false, onclick, ...more };
  return h("button", attributes, action.title || action.id || "(no title)");
}

function sender(action, context, row) {
  const result = h("p", { class: "action-result", hidden: true });
  const made = button(action, async () => {
    const inputs = action.associatedInputs === "none" ? [] : context.scope.all();
    if (!inputs.map((one) => one.check()).every(Boolean)) return;
    await press(action, inputs, context, made, result);
  });
  row.append(result);
  return made;
}

async function press(action, inputs, context, made, result) {
  const typed = Object.fromEntries(inputs.map((one) => [one.id, one.value()]));
  const data = typeof action.data === "string" ? action.data : { ...(action.data || {}), ...typed };
  const row = made.closest("[data-card]");
  const buttons = [...row.querySelectorAll("button.action:not(:disabled)")];
  buttons.forEach((one) => (one.disabled = true));
  made.classList.add("busy");
  try {
    show(await context.press(action, data), result);
  } catch (error) {
    show({ kind: "error", text: error.message }, result);
  } finally {
    made.classList.remove("busy");
    buttons.forEach((one) => (one.disabled = false));
  }
}

function show(pressed, result) {
  result.textContent = pressed.text || "";
  result.hidden = !pressed.text;
  result.className = `action-result ${pressed.kind}`;
  if (!pressed.text) return;
  const gone = result.offsetParent === null; // its dialog has closed
  announce(pressed.text, gone ? (pressed.kind === "message" ? "info" : "error") : "quiet");
}

function opener(action) {
  return button(action, () => {
    if (/^(https?:|mailto:)/i.test(action.url || "")) window.open(action.url, "_blank", "noopener,noreferrer");
    else announce(`Teams would not open ${action.url}`, "error");
  }, { role: "link", "data-url": action.url });
}

function unfolder(action, context, row) {
  const inner = context.showCard(action.card || {});
  inner.id = freshId("card");
  inner.hidden = true;
  row.append(inner);
  const made = button(action, () => {
    const open = inner.hidden;
    for (const other of row.querySelectorAll(":scope > .actions > [aria-expanded]")) other.setAttribute("aria-expanded", "false");
    for (const other of row.querySelectorAll(":scope > .card")) other.hidden = true;
    inner.hidden = !open;
    made.setAttribute("aria-expanded", String(open));
  }, { "aria-expanded": "false", "aria-controls": inner.id });
  return made;
}

function toggler(action, context) {
  return button(action, () => {
    for (const target of action.targetElements || []) {
      const element = context.scope.named.get(typeof target === "string" ? target : target.elementId);
      if (element) element.hidden = target.isVisible === undefined ? !element.hidden : !target.isVisible;
    }
  });
}
