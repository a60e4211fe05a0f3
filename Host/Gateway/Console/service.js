// One service: what it does, where it comes from, and its incidents.
import { call } from "./api.js";
import { age, byID, bytes, compact, element, grouped, setState, setText, showSentence } from "./dom.js";
import { IncidentList } from "./incidents.js";
import { tones } from "./services.js";

const overflowRules = {
  block: "more wait at their publishers", "drop-oldest": "more replace the oldest", "drop-newest": "more are dropped", spill: "more go to the disk",
};

/** Where a service of several hosts runs, for a person. */
function hostOf({ host, here, term, since }) {
  if (!host) return "none holds its lease";
  return `${here ? "this one" : host} (term ${term}, for ${age(Date.now() - Date.parse(since))})`;
}

export class ServiceView {
  name = "";
  mayChange = false;
  isBusy = false;
  service = null;
  timer = 0;
  incidents = new IncidentList();

  constructor() {
    byID("service-restart").addEventListener("click", () => this.change("restart"));
    byID("service-enable").addEventListener("click", () => this.change(this.service?.enabled ? "disable" : "enable"));
  }

  start(role, name) {
    this.stop();
    this.mayChange = role === "engineer" || role === "admin";
    if (this.name !== name) {
      this.name = name;
      this.service = null;
      this.refusal = null;
      this.incidents.reset(name);
      for (const id of ["service-work", "service-about", "service-topics"]) byID(id).replaceChildren();
    }
    setText(byID("title-service"), name);
    byID("title-service").focus({ preventScroll: true });
    this.refresh();
    this.timer = setInterval(() => this.refresh(), 1000);
  }

  stop() { clearInterval(this.timer); }

  async refresh() {
    if (document.hidden) return;
    const name = this.name;
    try {
      const service = await call("GET", `/api/services/${encodeURIComponent(name)}`);
      if (name !== this.name) return;
      showSentence(byID("service-error"), this.refusal);
      this.setStale(false);
      this.show(service);
      await this.incidents.follow(service);
    } catch (problem) {
      if (name !== this.name) return;
      showSentence(byID("service-error"), problem.message);
      this.setStale(true, problem.status === 404);
    }
  }

  /** Whether what is shown is no longer known to hold; of a service that is not there, nothing is shown. */
  setStale(isStale, isGone = false) {
    byID("view-service").classList.toggle("is-stale", isStale);
    byID("service-body").hidden = isGone;
    if (isGone) {
      this.service = null;
      setState(byID("service-state"), "idle", "not there");
      setText(byID("service-since"), "");
      showSentence(byID("service-detail"), null);
    }
    this.isStale = isStale;
    this.allow();
  }

  async change(verb) {
    this.isBusy = true;
    this.allow();
    try {
      this.show(await call("POST", `/api/services/${encodeURIComponent(this.name)}/${verb}`));
      this.refusal = null;
    } catch (problem) {
      this.refusal = problem.message;
    }
    this.isBusy = false;
    showSentence(byID("service-error"), this.refusal);
    await this.refresh();
  }

  /** Lets the buttons be used where that makes sense now, and says what they do. */
  allow() {
    const { state, enabled } = this.service ?? { state: "", enabled: false };
    const restart = byID("service-restart");
    const enable = byID("service-enable");
    setText(restart, state === "quarantined" ? "Release from quarantine" : state === "backoff" ? "Restart now" : "Restart");
    restart.classList.toggle("emphasis", state === "quarantined");
    setText(enable, enabled ? "Disable" : "Enable");
    const isBlocked = !this.mayChange || this.isStale || this.isBusy || !this.service;
    restart.disabled = isBlocked || !enabled;
    enable.disabled = isBlocked;
    for (const button of [restart, enable]) button.title = this.mayChange ? "" : "Needs the role engineer";
  }

  show(service) {
    this.service = service;
    const tone = tones[service.state] ?? "bad";
    setState(byID("service-state"), tone, service.state);
    setText(byID("service-since"), `for ${age(Date.now() - Date.parse(service.since))}`);
    showSentence(byID("service-detail"), service.detail);
    byID("service-detail").dataset.tone = tone === "good" ? "idle" : tone;
    this.allow();
    this.showWork(service);
    const library = service.library.split("/").pop();
    facts(byID("service-about"), [
      ["Description", service.description || "–"],
      ["Manifest", path(service.manifest)],
      ["Library", code(library)],
      ["Identifier", service.identifier ? code(service.identifier) : "– (not loaded)"],
      ["Version", service.version || "–"],
      ...(service.lease ? [["Host", hostOf(service.lease)]] : []),
      ["Runs", service.isolation === "in-process" ? "in the host's process" : `in a process of its own (${service.isolation})`],
    ]);
    const list = (topics) => (topics.length > 0 ? element("span", { class: "lines" }, ...topics.map(code)) : "none");
    facts(byID("service-topics"), [["Subscribes", list(service.subscribes)], ["Publishes", list(service.publishes)]]);
  }

  showWork({ state, detail, counters, rates, queue, restarts }) {
    const health = state === "running" ? "well" : state === "degraded" ? detail : `– (${state})`;
    const count = (total, rate) => (rate === undefined ? grouped(total) : `${grouped(total)}  (${compact(rate)}/s)`);
    const bad = (total) => element("span", { class: total > 0 ? "is-warn" : "" }, grouped(total));
    const room = `of ${grouped(queue.capacity_messages)} and ${bytes(queue.capacity_bytes)}; ${overflowRules[queue.overflow] ?? queue.overflow}`;
    facts(byID("service-work"), [
      ["Health", health],
      ["Received", count(counters.received, rates.received)],
      ["Processed", count(counters.processed, rates.processed)],
      ["Published", count(counters.published, rates.published)],
      ["Points written", count(counters.points_written, rates.points_written)],
      ["Dropped", bad(counters.dropped)],
      ["Refused", bad(counters.refused)],
      ["Errors", bad(counters.errors)],
      ["Queue", element("span", { class: "lines" }, `${grouped(queue.messages)} messages, ${bytes(queue.bytes)}`, element("span", { class: "quiet" }, room))],
      ["Restarts", bad(restarts)],
    ]);
  }
}

const code = (text) => element("code", {}, text);

/** A path that breaks behind its slashes. */
const path = (text) => element("code", {}, ...text.split(/(?<=\/)/).flatMap((part) => [part, element("wbr")]));

/** Shows names with their values; what has not changed is left alone, so that a selection of text survives. */
function facts(list, rows) {
  if (list.children.length !== rows.length) {
    list.replaceChildren(...rows.map(([name]) => element("div", {}, element("dt", {}, name), element("dd"))));
  }
  rows.forEach(([, value], index) => {
    const place = list.children[index].lastElementChild;
    const node = element("dd", {}, value);
    if (place.innerHTML !== node.innerHTML) place.replaceChildren(...node.childNodes);
  });
}
