// The incidents of a service, newest first.
import { call } from "./api.js";
import { age, asSentence, byID, bytes, element, setText, showSentence } from "./dom.js";

const words = {
  crash: "Crash", exit: "Exit", hang: "Hang", memory: "Memory limit", flood: "Flood", malformed: "Malformed", "host-ended": "Host ended",
};
const signals = {
  4: "SIGILL", 5: "SIGTRAP", 6: "SIGABRT", 7: "SIGBUS", 8: "SIGFPE", 9: "SIGKILL", 11: "SIGSEGV", 13: "SIGPIPE", 15: "SIGTERM", 24: "SIGXCPU",
  31: "SIGSYS",
};

export class IncidentList {
  service = "";
  known = "";
  nodes = new Map();

  /** Forgets what was shown of another service. */
  reset(service) {
    this.service = service;
    this.known = "";
    this.nodes.clear();
    byID("incident-list").replaceChildren();
    byID("incidents-empty").hidden = true;
    showSentence(byID("incidents-error"), null);
    setText(byID("service-incidents-title"), "Incidents");
  }

  /** Shows those of a service, asking for them only when there are others than before. */
  async follow({ name, incidents, last_incident: last }) {
    const known = `${incidents} ${last ?? ""}`;
    if (known !== this.known) {
      try {
        const answer = await call("GET", `/api/services/${encodeURIComponent(name)}/incidents`);
        if (name !== this.service) return;
        this.show(answer.incidents);
        this.known = known;
        showSentence(byID("incidents-error"), null);
      } catch (problem) {
        showSentence(byID("incidents-error"), problem.message);
      }
    }
    for (const { time, when } of this.nodes.values()) setText(when, `${age(Date.now() - time)} ago`);
  }

  show(incidents) {
    const list = byID("incident-list");
    setText(byID("service-incidents-title"), incidents.length > 0 ? `Incidents (${incidents.length})` : "Incidents");
    byID("incidents-empty").hidden = incidents.length > 0;
    const keys = incidents.map((incident) => `${incident.time} ${incident.time_ns}`);
    for (const [key, { node }] of this.nodes) {
      if (keys.includes(key)) continue;
      node.remove();
      this.nodes.delete(key);
    }
    incidents.forEach((incident, index) => {
      let shown = this.nodes.get(keys[index]);
      if (!shown) {
        shown = incidentNode(incident);
        this.nodes.set(keys[index], shown);
      }
      // One that is open stays so: only what is not in its place is moved.
      if (list.children[index] !== shown.node) list.insertBefore(shown.node, list.children[index] ?? null);
    });
  }
}

function incidentNode(incident) {
  const time = Date.parse(incident.time);
  const when = element("time", { datetime: incident.time, title: incident.time, class: "quiet" });
  const word = words[incident.reason] ?? incident.reason;
  const node = element(
    "details", { class: "incident", "data-reason": incident.reason },
    element(
      "summary", {},
      element("span", { class: "state", "data-tone": "bad" }, element("i", { class: "lamp" }), element("span", {}, word)),
      element("span", { class: "incident-sentence" }, asSentence(incident.sentence)), when),
    element("div", { class: "incident-body" }, ...body(incident)));
  return { node, time, when };
}

function body(incident) {
  const signal = incident.signal === null ? null : `${incident.signal}${signals[incident.signal] ? ` (${signals[incident.signal]})` : ""}`;
  const rows = [
    ["Time", incident.time], ["Signal", signal], ["Exit code", incident.exit_code], ["Callback", incident.callback], ["Last topic", incident.last_topic],
    ["Restarts before", incident.restarts], ["Peak memory", incident.peak_memory > 0 ? bytes(incident.peak_memory) : null],
    ["Manifest digest", incident.manifest_digest],
  ].filter(([, value]) => value !== null && value !== undefined && value !== "");
  const parts = [
    element("dl", { class: "facts" }, ...rows.map(([name, value]) => element("div", {}, element("dt", {}, name), element("dd", {}, element("code", {}, String(value)))))),
    element("h3", {}, "Last log lines"),
    incident.log.length > 0 ? pre(incident.log.join("\n")) : element("p", { class: "quiet" }, "None."),
  ];
  if (incident.output.trim()) parts.push(element("h3", {}, "Standard output and error"), pre(incident.output.trim()));
  if (incident.backtrace) {
    parts.push(element("details", { class: "backtrace" }, element("summary", {}, "Backtrace"), pre(backtraceText(incident.backtrace))));
  } else {
    parts.push(element("p", { class: "quiet" }, "No backtrace was written."));
  }
  return parts;
}

/** Scrolls, so the keyboard must be able to reach it. */
const pre = (text) => element("pre", { tabindex: 0 }, text);

/** The frames of the thread that crashed; the document as it is where it has another form. */
function backtraceText(backtrace) {
  const thread = backtrace.threads?.find((one) => one.crashed) ?? backtrace.threads?.[0];
  if (!thread?.frames) return JSON.stringify(backtrace, null, 2);
  const frames = thread.frames.map((frame, index) => {
    const { file, line } = frame.sourceLocation ?? {};
    const place = file ? ` at ${file}:${line}` : "";
    return `${String(index).padStart(3)}  ${frame.symbol ?? frame.description ?? frame.address ?? "…"}${frame.image ? `  (${frame.image})` : ""}${place}`;
  });
  return [backtrace.description, ...frames].filter(Boolean).join("\n");
}
