// Pictures that are pasted into a box.

import { h } from "./dom.js";

/** Collects what is pasted into `box`; take() gives the pictures as base64 and forgets them. */
export function pictures(box) {
  const element = h("p", { class: "pasted", hidden: true });
  let waiting = [];
  const show = () => {
    element.textContent = waiting.length === 1 ? "1 picture pasted" : `${waiting.length} pictures pasted`;
    element.hidden = !waiting.length;
  };
  box.addEventListener("paste", (event) => {
    const files = [...event.clipboardData.files].filter((file) => file.type.startsWith("image/"));
    if (!files.length) return;
    event.preventDefault();
    waiting.push(...files.map(base64));
    show();
  });
  const take = async () => {
    const taken = await Promise.all(waiting);
    waiting = [];
    show();
    return taken;
  };
  return { element, take };
}

function base64(file) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result.slice(reader.result.indexOf(",") + 1));
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(file);
  });
}
