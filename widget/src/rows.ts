/** The list as it is to be shown: days, what is new, and which messages belong together. Pure. */
import type { Entry, Session } from "./session.ts";

export interface Row {
  entry: Entry;
  /** A new day begins with it. */
  day: boolean;
  /** The first that came while nobody looked. */
  fresh: boolean;
  /** The first and the last of what one person says together. */
  first: boolean;
  last: boolean;
  /** What became of our own message. */
  delivery?: "sending" | "sent" | "delivered" | "refused" | "not_shown" | "not_sure";
}

/** Milliseconds of silence after which the same person's next message stands by itself. */
const TOGETHER = 5 * 60_000;

/** `newFrom` is the seq of the first message that came while nobody looked; 0 when none did. */
export function rowsOf({ entries, unsent, view }: Session, newFrom: number): Row[] {
  let day = "";
  let marked = !newFrom;
  const rows: Row[] = [...entries, ...unsent].map((entry) => {
    const today = entry.at ? new Date(entry.at).toDateString() : day;
    const fresh = !marked && entry.seq >= newFrom;
    const row: Row = { entry, day: today !== day, fresh, first: true, last: true };
    if (entry.own && !entry.notice) {
      const stored = entry.seq <= view.relayed ? "delivered" : "sent";
      row.delivery = entry.refused ? "refused" : entry.seq ? (entry.mark ?? stored) : "sending";
    }
    day = today;
    marked ||= fresh;
    return row;
  });
  rows.forEach((row, index) => {
    const before = rows[index - 1];
    if (before && !row.day && !row.fresh && together(before.entry, row.entry))
      before.last = row.first = false;
  });
  return rows;
}

function together(one: Entry, next: Entry): boolean {
  const soon = !next.at || !one.at || Date.parse(next.at) - Date.parse(one.at) < TOGETHER;
  return soon && !one.notice && !next.notice && one.own === next.own && one.name === next.name;
}
