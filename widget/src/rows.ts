/** The list as it is to be shown: days, what is new, and which messages belong together. Pure. */
import type { Entry, Session } from "./session.ts";

export type Delivery = "" | "sending" | "sent" | "delivered" | "refused";

export type Row =
  | { id: string; kind: "day"; at: string }
  | { id: string; kind: "new" }
  | { id: string; kind: "notice"; entry: Entry }
  | { id: string; kind: "said"; entry: Entry; first: boolean; last: boolean; delivery: Delivery };

/** Minutes of silence after which the same person's next message stands by itself. */
const TOGETHER = 5;

/** `newFrom` is the seq of the first message that came while nobody looked; 0 when none did. */
export function rowsOf(session: Session, newFrom: number): Row[] {
  const entries = [...session.entries, ...session.unsent];
  const rows: Row[] = [];
  let marked = newFrom === 0;
  let day = "";
  entries.forEach((entry, index) => {
    const before = entries[index - 1];
    const after = entries[index + 1];
    if (entry.at && dayOf(entry) !== day) {
      day = dayOf(entry);
      rows.push({ id: `day-${entry.seq}`, kind: "day", at: entry.at });
    }
    if (!marked && entry.seq >= newFrom) {
      marked = true;
      rows.push({ id: "new", kind: "new" });
    }
    if (entry.kind === "notice") {
      rows.push({ id: entry.id, kind: "notice", entry });
      return;
    }
    const first = !before || !together(before, entry) || entry.seq === newFrom;
    const last = !after || !together(entry, after) || after.seq === newFrom;
    const delivery = deliveryOf(session, entry);
    rows.push({ id: entry.id, kind: "said", entry, first, last, delivery });
  });
  return rows;
}

function deliveryOf(session: Session, entry: Entry): Delivery {
  if (!entry.own) return "";
  if (entry.refused) return "refused";
  if (!entry.seq) return "sending";
  return session.delivered(entry) ? "delivered" : "sent";
}

function together(one: Entry, next: Entry): boolean {
  if (one.kind !== next.kind || one.own !== next.own || one.name !== next.name) return false;
  if (!one.at || !next.at) return true;
  return Date.parse(next.at) - Date.parse(one.at) < TOGETHER * 60_000 && dayOf(one) === dayOf(next);
}

/** The visitor's own calendar day. "" while a message is on its way. */
function dayOf(entry: Entry): string {
  return entry.at && new Date(entry.at).toDateString();
}
