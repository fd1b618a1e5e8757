/** What is typed into the form that begins a chat: kept in the tab until it is answered. */
import { tab } from "../outbox.ts";
import { browserOf } from "./browser.ts";

export type Field = "question" | "name" | "email" | "room" | "browser";
export interface Form extends Record<Field, string> {
  /** Of the form that was sent and not answered, or "". */
  key: string;
  /** The `person` who was signed in when it was filled in, or "": nobody else sees it. */
  who: string;
}

export const empty = (): Form => ({
  key: "",
  who: "",
  "question": "",
  name: "",
  email: "",
  room: "",
  browser: browserOf(navigator.userAgent),
});

export const recalled = (): Form => ({ ...empty(), ...tab.get("door") });

export const keep = (form: Form): void => tab.set("door", form);

/** Something that was said in this tab was not sent, and is not shown: nobody knows whether its writer is here. */
export const isLeft = (): boolean => !!tab.get(`${tab.get("last")}`);
