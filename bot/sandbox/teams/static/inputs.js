// The inputs of Adaptive Cards: what they look like, what they hold, and whether it will do.

import { freshId, h } from "./dom.js";

/** An input has an element to show, value(), and check() -> true if it may be sent. */
export function makeInput(element) {
  const kinds = {
    "Input.Text": textInput,
    "Input.ChoiceSet": choiceInput,
    "Input.Toggle": toggleInput,
    "Input.Number": numberInput,
    "Input.Date": (one) => simple(one, "date"),
    "Input.Time": (one) => simple(one, "time"),
  };
  return kinds[element.type]?.(element) ?? null;
}

function textInput(element) {
  const shared = { placeholder: element.placeholder, maxlength: element.maxLength, value: element.value ?? "" };
  const types = { email: "email", url: "url", tel: "tel", password: "password" };
  const control = element.isMultiline
    ? h("textarea", { ...shared, rows: 4 })
    : h("input", { ...shared, type: types[String(element.style).toLowerCase()] || "text" });
  return labelled(element, control, () => control.value);
}

function numberInput(element) {
  const control = h("input", { type: "number", min: element.min, max: element.max, placeholder: element.placeholder, value: element.value ?? "" });
  return labelled(element, control, () => control.value);
}

function simple(element, type) {
  const control = h("input", { type, min: element.min, max: element.max, value: element.value ?? "" });
  return labelled(element, control, () => control.value);
}

function choiceInput(element) {
  const chosen = String(element.value ?? "").split(",").filter(Boolean);
  const choices = element.choices || [];
  if (element.style !== "expanded" && !element.isMultiSelect) return compact(element, choices, chosen[0]);
  const name = freshId("choice");
  const type = element.isMultiSelect ? "checkbox" : "radio";
  const boxes = choices.map((choice) => h("input", { type, name, value: choice.value, checked: chosen.includes(choice.value) }));
  const options = choices.map((choice, index) => h("label", { class: "choice" }, boxes[index], h("span", {}, choice.title)));
  const value = () => boxes.filter((box) => box.checked).map((box) => box.value).join(",");
  return grouped(element, options, boxes, value);
}

function compact(element, choices, chosen) {
  const empty = h("option", { value: "" }, element.placeholder || "Choose");
  const options = choices.map((choice) => h("option", { value: choice.value }, choice.title));
  const control = h("select", {}, ...(chosen ? [] : [empty]), ...options);
  control.value = chosen ?? "";
  return labelled(element, control, () => control.value);
}

function toggleInput(element) {
  const [on, off] = [element.valueOn ?? "true", element.valueOff ?? "false"];
  const control = h("input", { type: "checkbox", checked: element.value === on });
  const title = h("label", { class: "choice" }, control, h("span", {}, element.title || ""));
  const value = () => (control.checked ? on : off);
  return grouped(element, [title], [control], value, () => control.checked);
}

function labelled(element, control, value) {
  control.id = freshId("input");
  const label = element.label
    ? h("label", { for: control.id, class: "input-label" }, element.label, element.isRequired ? h("span", { class: "required" }, " *") : null)
    : null;
  if (!label) control.setAttribute("aria-label", element.placeholder || element.id || "Input");
  return finished(element, h("div", { class: "input" }, label, control), [control], value);
}

function grouped(element, options, boxes, value, filled) {
  const legend = element.label ? h("legend", { class: "input-label" }, element.label, element.isRequired ? h("span", { class: "required" }, " *") : null) : null;
  return finished(element, h("fieldset", { class: "input" }, legend, ...options), boxes, value, filled);
}

function finished(element, wrapper, controls, value, filled = () => value() !== "") {
  const error = h("p", { class: "input-error", id: freshId("error"), hidden: true });
  wrapper.append(error);
  const check = () => {
    const wrong = problem(element, value(), filled());
    error.textContent = wrong;
    error.hidden = !wrong;
    for (const control of controls) {
      control.toggleAttribute("aria-invalid", false);
      if (wrong) control.setAttribute("aria-invalid", "true");
      if (wrong) control.setAttribute("aria-describedby", error.id);
      else control.removeAttribute("aria-describedby");
    }
    if (wrong) controls[0]?.focus();
    return !wrong;
  };
  return { element: wrapper, id: element.id, value, check };
}

function problem(element, value, filled) {
  const message = element.errorMessage || "Please fill this in correctly.";
  if (element.isRequired && !filled) return message;
  if (element.regex && value && !new RegExp(element.regex).test(value)) return message;
  if (element.type === "Input.Number" && value && Number.isNaN(Number(value))) return message;
  return "";
}
