// What the page asks its server.

async function ask(path, options) {
  const response = await fetch(path, options);
  const body = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(body.error || `The stand-in answered ${response.status}.`);
  return body;
}

function send(method, path, body) {
  const headers = { "Content-Type": "application/json" };
  return ask(path, { method, headers, body: JSON.stringify(body) });
}

export const rail = (person) => ask(`/_page/rail?person=${encodeURIComponent(person)}`);

export const conversation = (person, id) =>
  ask(`/_page/conversation?person=${encodeURIComponent(person)}&id=${encodeURIComponent(id)}`);

/** {person, do, ...}: see acts.py. */
export const act = (body) => send("POST", "/_page/act", body);

/** The switches of the stand-in: see control.py. */
export const control = (method, path, body) => send(method, `/_control/${path}`, body);

/** Calls back with a conversation's id whenever something changed in it, and with null after a gap. */
export function listen(callback) {
  const source = new EventSource("/_page/events");
  source.onopen = () => callback(null);
  source.onmessage = (event) => callback(JSON.parse(event.data).conversation);
}
