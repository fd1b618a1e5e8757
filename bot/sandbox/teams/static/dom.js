// Building elements. Text only ever goes in as text: nothing here reads markup.

/** h("button", {type: "button", onclick: f, "aria-label": "x"}, "text", child, ...) */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else if (name === "value" || name === "checked") element[name] = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}

let counter = 0;

/** An id that nothing else on the page has. */
export function freshId(prefix) {
  counter += 1;
  return `${prefix}-${counter}`;
}

/** Says something to screen readers and, for a while, on the screen. */
export function announce(text, kind = "info") {
  const place = document.getElementById("announcements");
  const note = h("p", { class: `announcement ${kind}` }, text);
  place.append(note);
  setTimeout(() => note.remove(), 8000);
}
