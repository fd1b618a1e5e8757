/** What is typed into the form that begins a chat: kept in the tab until it is answered. */
import { browserOf } from "./browser.ts";

export type Field = "question" | "name" | "email" | "room" | "browser";
export interface Form extends Record<Field, string> {
  /** Of the form that was sent and not answered, or "". */
  key: string;
  /** The `person` who was signed in when it was filled in, or "": nobody else sees it. */
  who: string;
}

const PLACE = "livechat:door";

export const empty = (): Form => ({
  key: "",
  who: "",
  "question": "",
  name: "",
  email: "",
  room: "",
  browser: browserOf(navigator.userAgent),
});

export function recalled(): Form {
  try {
    return { ...empty(), ...JSON.parse(sessionStorage.getItem(PLACE) ?? "{}") };
  } catch {
    return empty(); // blocked by the visitor or by policy
  }
}

export function keep(form: Form): void {
  try {
    sessionStorage.setItem(PLACE, JSON.stringify(form));
  } catch {
    // the page still knows
  }
}

/** Something that was said in this tab was not sent, and is not shown: nobody knows whether its writer is here. */
export function isLeft(): boolean {
  try {
    const chat = JSON.parse(sessionStorage.getItem("livechat:last") ?? "null") as string | null;
    return !!sessionStorage.getItem(`livechat:${chat}`);
  } catch {
    return false;
  }
}
