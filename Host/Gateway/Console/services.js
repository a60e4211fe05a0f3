// The services with their states, rates and switches.
import { call } from "./api.js";
import { age, byID, bytes, compact, element, setState, setText, showSentence } from "./dom.js";
import { OutsidePanel } from "./outside.js";

export const tones = {
  running: "good", starting: "idle", discovered: "idle", verified: "idle", configured: "idle", stopped: "idle", disabled: "idle",
  draining: "idle", standby: "idle", degraded: "warn", backoff: "warn", refused: "bad", failed: "bad", quarantined: "bad",
};
const samples = 60;

export class ServicesView {
  rows = new Map();
  outside = new OutsidePanel();
  role = "viewer";
  timer = 0;

  start(role) {
    this.role = role;
    this.stop();
    this.refresh();
    this.timer = setInterval(() => this.refresh(), 1000);
  }

  stop() { clearInterval(this.timer); }

  async refresh() {
    if (document.hidden) return;
    try {
      this.outside.refresh().catch(() => this.outside.setStale());
      const { services } = await call("GET", "/api/services");
      showSentence(byID("services-error"), null);
      this.setStale(false);
      this.show(services);
    } catch (refusal) {
      showSentence(byID("services-error"), refusal.message);
      this.setStale(true);
    }
  }

  /** Whether what is shown is no longer known to hold. */
  setStale(isStale) {
    byID("service-list").classList.toggle("is-stale", isStale);
    for (const row of this.rows.values()) row.setStale(isStale);
    if (isStale) for (const id of ["total-running", "total-attention", "total-messages", "total-points"]) setText(byID(id), "–");
    if (isStale) byID("total-attention").dataset.tone = "idle";
  }

  show(services) {
    const list = byID("service-list");
    byID("services-empty").hidden = services.length > 0;
    const names = new Set(services.map((service) => service.name));
    for (const [name, row] of this.rows) {
      if (!names.has(name)) {
        row.node.remove();
        this.rows.delete(name);
      }
    }
    for (const service of services) {
      let row = this.rows.get(service.name);
      if (!row) {
        row = new ServiceRow(service.name, this.role, (verb) => this.change(service.name, verb));
        this.rows.set(service.name, row);
        list.append(row.node);
      }
      row.show(service);
    }
    const attention = services.filter((service) => ["warn", "bad"].includes(tones[service.state] ?? "bad")).length;
    setText(byID("total-running"), `${services.filter((service) => service.state === "running").length} of ${services.length}`);
    setText(byID("total-attention"), String(attention));
    byID("total-attention").dataset.tone = attention > 0 ? "bad" : "idle";
    setText(byID("total-messages"), compact(services.reduce((sum, service) => sum + service.rates.processed, 0)));
    setText(byID("total-points"), compact(services.reduce((sum, service) => sum + service.rates.points_written, 0)));
  }

  async change(name, verb) {
    const row = this.rows.get(name);
    row.setBusy(true);
    try {
      const service = await call("POST", `/api/services/${encodeURIComponent(name)}/${verb}`);
      row.refusal = null;
      row.setBusy(false);
      row.show(service);
    } catch (refusal) {
      row.refusal = refusal.message;
      row.setBusy(false);
      await this.refresh();
    }
  }
}

class ServiceRow {
  history = [];
  refusal = null;
  isBusy = false;
  isStale = false;
  isEnabled = false;

  constructor(name, role, change) {
    const mayChange = role === "engineer" || role === "admin";
    const why = mayChange ? null : "Needs the role engineer";
    this.title = element("a", { href: address(name), class: "name", "data-role": "open" }, name);
    this.badge = element("a", { href: address(name), class: "badge", "data-role": "incidents", hidden: true });
    this.dropped = element("span", { class: "quiet is-warn", "data-role": "dropped", hidden: true });
    this.origin = element("span", { class: "quiet" });
    this.state = element("span", { class: "state", "data-role": "state" }, element("i", { class: "lamp" }), element("span"));
    this.since = element("span", { class: "quiet" });
    this.line = document.createElementNS("http://www.w3.org/2000/svg", "polyline");
    this.rate = element("span", { "data-role": "rate" });
    this.faults = element("span", { class: "faults", "data-role": "faults", hidden: true });
    this.queue = element("span");
    this.meter = element("i");
    this.restarts = element("span", { "data-role": "restarts" });
    this.topics = element("div", { class: "topics" });
    this.toggle = element("button", {
      type: "button", class: "switch", role: "switch", "aria-checked": "false", "aria-label": `${name} enabled`, "data-role": "switch",
      disabled: !mayChange, title: why,
    });
    this.restart = element("button", {
      type: "button", class: "button", "data-role": "restart", disabled: !mayChange, title: why, "aria-label": `Restart ${name}`,
    }, "Restart");
    this.mayChange = mayChange;
    this.detail = element("p", { class: "cell-detail sentence", "data-role": "detail", hidden: true });
    this.toggle.addEventListener("click", () => {
      if (!this.isBusy) change(this.toggle.getAttribute("aria-checked") === "true" ? "disable" : "enable");
    });
    this.restart.addEventListener("click", () => change("restart"));
    const label = (text) => element("span", { class: "mobile-label" }, text);
    this.node = element(
      "li", { class: "row", "data-service": name, "data-testid": `service-${name}` },
      element("div", { class: "cell-name" }, this.title, this.origin),
      element("div", { class: "cell-state" }, label("State"), element("div", { class: "both" }, this.state, element("div", { class: "since" }, this.since, this.badge))),
      element("div", { class: "cell-rate" }, label("Processed"), element("div", { class: "both" }, spark(this.line), element("div", {}, this.rate, this.faults))),
      element("div", { class: "cell-queue" }, label("Queue"), element("div", {}, this.queue, element("div", { class: "meter" }, this.meter), this.dropped)),
      element("div", { class: "cell-restarts number" }, label("Restarts"), this.restarts),
      element("div", { class: "cell-topics" }, label("Topics"), this.topics),
      element("div", { class: "cell-switch" }, this.toggle),
      element("div", { class: "cell-restart" }, this.restart),
      this.detail);
  }

  setBusy(isBusy) {
    this.isBusy = isBusy;
    this.toggle.setAttribute("aria-busy", String(isBusy));
    this.allow();
  }

  setStale(isStale) {
    this.isStale = isStale;
    this.allow();
  }

  /** Lets the buttons be used where that makes sense now. */
  allow() {
    this.toggle.disabled = !this.mayChange || this.isStale;
    this.restart.disabled = !this.mayChange || this.isStale || this.isBusy || !this.isEnabled;
  }

  show(service) {
    if (this.isBusy) return;
    const tone = tones[service.state] ?? "bad";
    setText(this.origin, [service.version, service.library.split("/").pop()].filter(Boolean).join(" · "));
    setState(this.state, tone, service.state);
    this.state.dataset.state = service.state;
    setText(this.since, `for ${age(Date.now() - Date.parse(service.since))}`);
    this.isEnabled = service.enabled;
    if (service.enabled) this.history.push(service.rates.processed);
    else this.history.length = 0;
    if (this.history.length > samples) this.history.shift();
    this.drawHistory();
    const faults = [[service.counters.errors, "errors"], [service.counters.refused, "refused"]].filter(([count]) => count > 0);
    setText(this.faults, faults.map(([count, word]) => `${compact(count)} ${word}`).join(", "));
    this.faults.hidden = faults.length === 0;
    setText(this.rate, service.enabled ? `${compact(service.rates.processed)}/s` : "–");
    this.rate.title = `${service.counters.processed} processed, ${service.counters.dropped} dropped, ${service.counters.refused} refused, `
      + `${service.counters.errors} errors, ${service.counters.points_written} points written`;
    const spilled = service.queue.spilled_messages > 0 ? ` · ${compact(service.queue.spilled_messages)} on disk` : "";
    setText(this.queue, `${compact(service.queue.messages)} · ${bytes(service.queue.bytes)}${spilled}`);
    const fill = service.queue.capacity_bytes > 0 ? service.queue.bytes / service.queue.capacity_bytes : 0;
    this.meter.style.width = `${Math.min(100, fill * 100).toFixed(1)}%`;
    this.meter.parentElement.dataset.tone = fill > 0.9 ? "bad" : fill > 0.5 ? "warn" : "idle";
    setText(this.dropped, `${compact(service.counters.dropped)} dropped`);
    this.dropped.hidden = service.counters.dropped === 0;
    showBadge(this.badge, service);
    setText(this.restarts, String(service.restarts));
    this.restarts.classList.toggle("is-warn", service.restarts > 0);
    this.showTopics(service);
    this.toggle.setAttribute("aria-checked", String(service.enabled));
    this.allow();
    const sentence = this.refusal ?? [service.detail, service.isolation_detail].filter(Boolean).join("; ");
    showSentence(this.detail, sentence);
    this.detail.dataset.tone = this.refusal ? "bad" : tone === "good" ? "idle" : tone;
  }

  showTopics({ subscribes, publishes }) {
    const key = JSON.stringify([subscribes, publishes]);
    if (this.topicsKey === key) return;
    this.topicsKey = key;
    this.topics.replaceChildren(
      ...subscribes.map((topic) => element("span", { "data-mark": "in", title: "subscribes" }, element("code", {}, topic))),
      ...publishes.map((topic) => element("span", { "data-mark": "out", title: "publishes" }, element("code", {}, topic))));
  }

  drawHistory() {
    const highest = Math.max(1, ...this.history);
    const step = 100 / (samples - 1);
    const start = samples - this.history.length;
    this.line.setAttribute(
      "points", this.history.map((value, index) => `${((start + index) * step).toFixed(1)},${(29 - (value / highest) * 27).toFixed(1)}`).join(" "));
  }
}

/** Where the console shows one service. */
export const address = (name) => `#service/${encodeURIComponent(name)}`;

/** How many incidents there are; in colour while the newest is less than a day old. */
function showBadge(node, { name, incidents, last_incident: last }) {
  node.hidden = !incidents;
  if (!incidents) return;
  setText(node, incidents === 1 ? "1 incident" : `${incidents} incidents`);
  const passed = Date.now() - Date.parse(last);
  node.dataset.tone = passed < 86_400_000 ? "bad" : "idle";
  node.title = `The newest ${age(passed)} ago`;
  node.setAttribute("aria-label", `${node.textContent} of ${name}, the newest ${age(passed)} ago`);
}

function spark(line) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 100 30");
  svg.setAttribute("preserveAspectRatio", "none");
  svg.setAttribute("class", "spark");
  svg.setAttribute("aria-hidden", "true");
  const base = document.createElementNS("http://www.w3.org/2000/svg", "line");
  for (const [name, value] of [["x1", 0], ["x2", 100], ["y1", 29.5], ["y2", 29.5]]) base.setAttribute(name, value);
  svg.append(base, line);
  return svg;
}
