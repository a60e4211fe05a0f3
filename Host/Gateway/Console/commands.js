// Commands of devices: who holds which, what became of them, what is blocked for work, and the dry run of the site.
import { call, siteNow } from "./api.js";
import { age, byID, element, setState, setText, showSentence, twice } from "./dom.js";

const tones = {
  confirmed: "good", dispatched: "idle", accepted: "idle", expired: "idle", cancelled: "idle", superseded: "warn", "dry-run": "warn",
  "not-confirmed": "bad", refused: "bad", failed: "bad",
};
const classWords = { protection: "Protection", operator: "Operator", flisr: "FLISR", balancing: "Balancing", optimisation: "Optimisation" };
/** Set-points of services are the normal case; that protection or fault restoration acts deserves a look. */
const classTones = { protection: "bad", flisr: "warn", operator: "good", balancing: "idle", optimisation: "idle" };
const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false });

const sourceName = ({ service, user }) => service ?? user ?? "";

/** Who commands, with the class where the name does not say it. */
function sourceText(command) {
  const name = sourceName(command.source);
  return name === command.class ? name : `${name} (${classWords[command.class] ?? command.class})`;
}

/** What is published, for a person: a set-point with its unit, or the JSON as it is. */
function contentText(payload) {
  if (typeof payload?.value === "number") return `${payload.value}`.replace("-", "−") + `${payload.unit ? ` ${payload.unit}` : ""}`;
  if (payload && typeof payload === "object") {
    return Object.entries(payload).map(([key, value]) => `${key} ${typeof value === "object" ? JSON.stringify(value) : value}`).join(", ");
  }
  return String(payload ?? "");
}

/** How long until then, as text. */
function remaining(time) {
  const left = Date.parse(time) - siteNow();
  return left > 0 ? `${age(left)} left` : "ending";
}

export class CommandsView {
  devices = new Map();
  outcomes = new Map();
  role = "viewer";
  timer = 0;
  isDryRun = false;
  refusal = null;

  constructor() {
    byID("lock-form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.lock(byID("lock-device").value.trim(), byID("lock-note").value.trim());
    });
    byID("dry-run").addEventListener("click", () => this.switchDryRun());
  }

  get mayOperate() { return this.role !== "viewer"; }

  start(role) {
    this.stop();
    if (role !== this.role) for (const list of [this.devices, this.outcomes]) {
      for (const row of list.values()) row.node.remove();
      list.clear();
    }
    this.role = role;
    const mayEngineer = role === "engineer" || role === "admin";
    byID("lock-form").hidden = !this.mayOperate;
    byID("dry-run").disabled = !mayEngineer;
    byID("dry-run").title = mayEngineer ? "" : "Needs the role engineer";
    this.refresh();
    this.timer = setInterval(() => this.refresh(), 1000);
  }

  stop() { clearInterval(this.timer); }

  async refresh() {
    if (document.hidden) return;
    try {
      const [devices, recent, dryRun] = await Promise.all([
        call("GET", "/api/commands/devices?limit=200"), call("GET", "/api/commands?limit=60"), call("GET", "/api/commands/dry-run"),
      ]);
      this.setStale(false);
      showSentence(byID("commands-error"), this.refusal);
      this.showDryRun(dryRun.dry_run);
      this.showDevices(devices);
      this.showOutcomes(recent.commands);
    } catch (refusal) {
      showSentence(byID("commands-error"), refusal.message);
      this.setStale(true);
    }
  }

  /** Whether what is shown is no longer known to hold. */
  setStale(isStale) {
    byID("device-list").classList.toggle("is-stale", isStale);
    byID("outcome-list").classList.toggle("is-stale", isStale);
    if (isStale) for (const id of ["total-held", "total-locked", "total-waiting"]) setText(byID(id), "–");
  }

  showDryRun(isDryRun) {
    this.isDryRun = isDryRun;
    byID("dry-run-banner").hidden = !isDryRun;
    byID("dry-run").setAttribute("aria-checked", String(isDryRun));
  }

  showDevices({ devices, held, locked, waiting }) {
    setText(byID("total-held"), String(held));
    setText(byID("total-locked"), String(locked));
    byID("total-locked").dataset.tone = locked > 0 ? "warn" : "idle";
    setText(byID("total-waiting"), String(waiting));
    byID("devices-empty").hidden = devices.length > 0;
    const more = held + locked - devices.length;
    byID("devices-more").hidden = devices.length < 200 || more <= 0;
    setText(byID("devices-more"), `The first ${devices.length} are shown; the rest is at /api/commands/devices.`);
    this.arrange(byID("device-list"), this.devices, devices, (device) => device.device, (device) => new DeviceRow(device.device, this));
  }

  showOutcomes(commands) {
    byID("outcomes-empty").hidden = commands.length > 0;
    this.arrange(byID("outcome-list"), this.outcomes, commands, (command) => command.command, () => new OutcomeRow());
  }

  /** Makes a list show these items in this order, and keeps the rows that there are, so that the focus stays. */
  arrange(list, rows, items, key, make) {
    const wanted = new Set(items.map(key));
    for (const [name, row] of rows) {
      if (wanted.has(name)) continue;
      row.node.remove();
      rows.delete(name);
    }
    items.forEach((item, index) => {
      let row = rows.get(key(item));
      if (!row) {
        row = make(item);
        rows.set(key(item), row);
      }
      row.show(item);
      if (list.children[index] !== row.node) list.insertBefore(row.node, list.children[index] ?? null);
    });
  }

  async change(act) {
    try {
      await act();
      this.refusal = null;
    } catch (refusal) {
      this.refusal = refusal.message;
    }
    await this.refresh();
  }

  lock(device, note) {
    return this.change(async () => {
      await call("PUT", `/api/commands/devices/${encodeURIComponent(device)}/lock`, { json: { note } });
      byID("lock-device").value = "";
      byID("lock-note").value = "";
    });
  }

  unlock(device) { return this.change(() => call("DELETE", `/api/commands/devices/${encodeURIComponent(device)}/lock`)); }

  cancel(command) { return this.change(() => call("POST", `/api/commands/${command}/cancel`)); }

  switchDryRun() { return this.change(() => call("PUT", "/api/commands/dry-run", { json: { dry_run: !this.isDryRun } })); }

  /** Begins to block a device: its name is filled in, the note is asked for. */
  askForLock(device) {
    byID("lock-device").value = device;
    byID("lock-note").focus();
  }
}

class DeviceRow {
  holder = null;

  constructor(name, view) {
    this.view = view;
    this.state = element("span", { class: "state", "data-role": "state" }, element("i", { class: "lamp" }), element("span"));
    this.what = element("span", { class: "command-what" });
    this.who = element("span", { class: "quiet" });
    this.time = element("span", { class: "command-time" });
    this.cancelButton = element("button", { type: "button", class: "button", "data-role": "cancel", "aria-label": `Cancel the command of ${name}` }, "Cancel");
    this.lockButton = element("button", { type: "button", class: "button", "data-role": "lock", "aria-label": `Block ${name}` }, "Block…");
    this.unlockButton = element("button", { type: "button", class: "button", "data-role": "unlock", "aria-label": `Release ${name}` }, "Release");
    twice(this.cancelButton, "Cancel it?", () => view.cancel(this.holder));
    twice(this.unlockButton, "Release it?", () => view.unlock(name));
    this.lockButton.addEventListener("click", () => view.askForLock(name));
    this.node = element(
      "li", { class: "command-row", "data-device": name },
      element("div", { class: "command-device" }, element("strong", {}, name), this.state),
      element("div", { class: "command-detail" }, this.what, this.who), this.time,
      element("div", { class: "command-buttons" }, this.cancelButton, this.lockButton, this.unlockButton));
  }

  show({ holder, dry_run_holder: rehearsed, waiting, scheduled, lock }) {
    const command = holder ?? rehearsed;
    this.holder = command?.command ?? null;
    if (lock) setState(this.state, "warn", "blocked");
    else if (holder) setState(this.state, classTones[holder.class] ?? "idle", classWords[holder.class] ?? holder.class);
    else if (rehearsed) setState(this.state, "idle", `${classWords[rehearsed.class] ?? rehearsed.class}, dry run`);
    else setState(this.state, "idle", waiting.length > 0 ? "waiting" : "planned");
    setText(this.what, lock && !command ? lock.note : command ? contentText(command.payload) : "");
    const others = [];
    if (waiting.length > 0) others.push(`${waiting.length} waiting: ${sourceName(waiting[0].source)}`);
    if (scheduled > 0) others.push(`${scheduled} planned`);
    const who = lock ? `blocked by ${lock.user}${command ? `: ${lock.note}` : ""}` : command ? `${sourceName(command.source)}${command.reason ? `, ${command.reason}` : ""}` : "";
    setText(this.who, [who, ...others].filter(Boolean).join(" · "));
    setText(this.time, lock ? `for ${age(siteNow() - Date.parse(lock.since))}` : command?.held_until ? remaining(command.held_until) : "");
    const { mayOperate } = this.view;
    this.cancelButton.hidden = !command || !mayOperate;
    this.lockButton.hidden = Boolean(lock) || !mayOperate;
    this.unlockButton.hidden = !lock || !mayOperate;
  }
}

class OutcomeRow {
  constructor() {
    this.time = element("time", { class: "quiet" });
    this.device = element("strong");
    this.state = element("span", { class: "state" }, element("i", { class: "lamp" }), element("span"));
    this.what = element("span");
    this.sentence = element("span", { class: "quiet" });
    this.node = element(
      "li", { class: "outcome-row" }, this.time, element("div", { class: "outcome-state" }, this.device, this.state),
      element("div", { class: "command-detail" }, this.what, this.sentence));
  }

  show(command) {
    this.node.dataset.command = command.command;
    this.node.dataset.outcome = command.outcome;
    setText(this.time, clock.format(Date.parse(command.changed)));
    setText(this.device, command.device);
    setState(this.state, tones[command.outcome] ?? "idle", command.outcome);
    setText(this.what, `${contentText(command.payload)} · ${sourceText(command)}${command.dry_run ? ", dry run" : ""}`);
    setText(this.sentence, command.sentence);
  }
}
