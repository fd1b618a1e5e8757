// Dialogs (task modules) that hold a card.

import { renderCard } from "./card.js";
import { h } from "./dom.js";

/** `press(action, data)` sends what the dialog's buttons say; the dialog closes unless another follows. */
export function openDialog(pressed, press) {
  const title = h("h2", { id: "dialog-title" }, pressed.title || "Dialog");
  const dialog = h("dialog", { "aria-labelledby": "dialog-title" });
  const card = renderCard(pressed.card, async (action, data) => {
    const next = await press(action, data);
    if (next.kind !== "error" && next.kind !== "unreachable") dialog.close();
    return next;
  });
  dialog.append(
    h("header", {}, title, h("button", { type: "button", "aria-label": "Close dialog", onclick: () => dialog.close() }, "✕")),
    card,
  );
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}
