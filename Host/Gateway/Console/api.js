// Talks to the gateway. The session is a cookie that scripts cannot read; changes carry a header that other sites cannot send.

export class Refusal extends Error {
  constructor(status, sentence) {
    super(sentence);
    this.status = status;
  }
}

let onLoggedOut = () => {};

/** Says what to do when the session has ended. */
export function whenLoggedOut(action) { onLoggedOut = action; }

/** Sends a request; throws a Refusal with the gateway's sentence. */
export async function call(method, path, { json, form } = {}) {
  const headers = { "X-Requested-With": "dsotp-console" };
  let body;
  if (json !== undefined) {
    headers["Content-Type"] = "application/json";
    body = JSON.stringify(json);
  } else if (form !== undefined) {
    headers["Content-Type"] = "application/x-www-form-urlencoded";
    body = new URLSearchParams(form).toString();
  }
  let response;
  try {
    response = await fetch(path, { method, headers, body, credentials: "same-origin", cache: "no-store" });
  } catch {
    throw new Refusal(0, "The platform does not answer. Is it running, and is the network up?");
  }
  const text = await response.text();
  let value = null;
  try { value = text ? JSON.parse(text) : null; } catch { /* Not JSON: only the status counts. */ }
  if (!response.ok) {
    if (response.status === 401 && path !== "/api/login") onLoggedOut();
    throw new Refusal(response.status, value?.error ?? `The platform answered with status ${response.status}.`);
  }
  return value;
}

let siteClock = { time: Date.now(), speed: 1, at: performance.now() };

/** Asks for the time that the site goes by, which in a rehearsal is not the browser's. */
export async function followSiteClock() {
  const { time, speed } = await call("GET", "/api/clock");
  siteClock = { time: Date.parse(time), speed, at: performance.now() };
  return speed;
}

/** The site's time, milliseconds since 1970. */
export function siteNow() { return siteClock.time + (performance.now() - siteClock.at) * siteClock.speed; }

/** How long ago a moment of the site's time was, in real milliseconds. */
export function sinceSite(time) { return (siteNow() - time) / siteClock.speed; }

/** Runs InfluxQL statements; the results in their order. */
export async function query(text) {
  const answer = await call("POST", "/query", { form: { db: "dsotp", epoch: "ms", q: text } });
  return answer?.results ?? [];
}

/** Opens the live stream. Returns a function that closes it. */
export function openLive({ onMessage, onState }) {
  let source = null;
  let timer = 0;
  const open = () => {
    source = new EventSource("/api/live?interval=100");
    source.onopen = () => onState("open");
    source.onmessage = (event) => {
      try { onMessage(JSON.parse(event.data)); } catch { /* An event that is not JSON is not for us. */ }
    };
    source.onerror = () => {
      onState("lost");
      // The browser reconnects by itself after a broken connection, but not after a refusal.
      if (source.readyState === EventSource.CLOSED) timer = setTimeout(open, 3000);
    };
  };
  open();
  return () => {
    clearTimeout(timer);
    source?.close();
  };
}
