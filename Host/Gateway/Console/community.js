// Communities: the schedule against the measured exchange, the charge of the batteries, the mode and its switch, what can't be fulfilled, indicators.
import { call, query, Refusal, siteNow } from "./api.js";
import { asSentence, byID, element, offer, setState, setText, showSentence } from "./dom.js";
import { short } from "./fan.js";
import { ScheduleChart } from "./schedule.js";

const hour = 3_600_000;
const back = 12 * hour;
const modes = [
  [0, "Stop", "the assets are left alone"], [1, "Virtual island", "UC1"], [2, "Set-point", "UC2"], [3, "Supply in a slot", "UC3"],
  [4, "Export in a slot", "UC4"], [5, "Least import", ""],
];
const states = {
  stopped: ["idle", "Stopped"], planning: ["idle", "Planning"], schedule: ["warn", "Follows the schedule, the exchange is not measured"],
  following: ["good", "Follows its target"], limited: ["warn", "At its limits"], exhausted: ["bad", "Flexibility is exhausted"],
};
const absences = { available: ["good", "available"], unheard: ["idle", "not heard yet"], silent: ["bad", "silent"], deviating: ["bad", "does not follow"], blocked: ["warn", "taken by others"] };
/** The indicators as the use cases name them: key, word, unit; a share is shown in per cent. */
const indicators = [
  ["saved_kwh", "Not exchanged", "kWh"], ["import_kwh", "Import", "kWh"], ["export_kwh", "Export", "kWh"], ["peak_import_kw", "Peak import", "kW"],
  ["peak_export_kw", "Peak export", "kW"], ["back_feed_peak_reduction", "Back-feed peak", "% less"], ["self_consumption", "Self-consumption", "%"],
  ["self_sufficiency", "Self-sufficiency", "%"], ["island_max_hours", "Longest island", "h"], ["island_mean_hours", "Mean island", "h"],
  ["flexibility_availability", "Flexibility there", "%"], ["response_mean_seconds", "Response", "s"], ["set_point_rmse_kw", "RMS deviation", "kW"],
  ["time_within_band", "Within 2 %", "%"], ["slot_announced_kwh", "Announced", "kWh"], ["slot_delivered_kwh", "In slots", "kWh"],
];
const moment = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
const quote = (text) => `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
const signed = (value, unit) => (Number.isFinite(value) ? `${short(value).replace("-", "−")} ${unit}` : "–");

export class CommunityView {
  timer = 0;
  role = "viewer";
  shownMode = null;
  refusal = null;

  constructor() {
    this.chart = new ScheduleChart(byID("community-chart"));
    this.energy = new ScheduleChart(byID("community-energy"));
    for (const id of ["community-service", "community-name"]) byID(id).addEventListener("change", () => { this.shownMode = null; this.refresh(); });
    byID("community-modes").append(...modes.map(([mode, word, note]) => element("label", { class: "mode-choice" },
      element("input", { type: "radio", name: "community-mode", value: mode, id: `community-mode-${mode}` }), element("span", {}, word), element("span", { class: "quiet" }, note))));
    byID("community-modes").addEventListener("change", () => this.showFields());
    byID("community-form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.apply();
    });
  }

  get mode() { return Number(document.querySelector('input[name="community-mode"]:checked')?.value ?? 0); }
  get path() { return `/api/${encodeURIComponent(this.service)}/communities/${encodeURIComponent(this.name)}`; }

  start(role) {
    this.role = role;
    this.stop();
    for (const input of byID("community-form").elements) input.disabled = role === "viewer";
    byID("community-apply").title = role === "viewer" ? "Needs the role operator" : "";
    this.refresh();
    this.timer = setInterval(() => { if (!document.hidden) this.refresh(); }, 2000);
  }

  stop() { clearInterval(this.timer); }

  recolour() {
    for (const chart of [this.chart, this.energy]) chart.recolour();
    if (this.drawn) this.draw();
  }

  async refresh() {
    if (this.isBusy) return;
    this.isBusy = true;
    try {
      const { services } = await call("GET", "/api/services");
      const found = services.filter((one) => one.labels?.console === "community").map((one) => one.name);
      offer(byID("community-service"), found);
      byID("community-service").parentElement.hidden = found.length < 2;
      byID("community-empty").hidden = found.length > 0;
      byID("community-body").hidden = found.length === 0;
      if (found.length > 0) await this.load(byID("community-service").value);
      showSentence(byID("community-error"), this.refusal);
    } catch (refusal) {
      if (!(refusal instanceof Refusal)) throw refusal;
      showSentence(byID("community-error"), refusal.message);
      setState(byID("community-state"), "bad", "Not known");
    } finally {
      this.isBusy = false;
    }
  }

  async load(service) {
    this.service = service;
    const { communities } = await call("GET", `/api/${encodeURIComponent(service)}/communities`);
    offer(byID("community-name"), communities.map((one) => one.community));
    byID("community-name").parentElement.hidden = communities.length < 2;
    this.name = byID("community-name").value;
    if (!this.name) return setState(byID("community-state"), "idle", "No community has announced itself yet");
    const [one, { runs }, measured] = await Promise.all([call("GET", this.path), call("GET", `${this.path}/runs`), this.measured()]);
    let plan = null;
    if (one.state !== "stopped" && one.state !== "planning") {
      try { plan = await call("GET", `${this.path}/plan`); } catch (refusal) { if (refusal.status !== 404) throw refusal; }
    }
    this.drawn = { one, plan, measured };
    this.draw();
    this.showState(one);
    this.showMode(one);
    this.showNotes(one, plan);
    this.showIndicators(one, runs);
    this.showMembers(one.members);
  }

  /** What was measured and wanted, from the store, in at most some thousand points. */
  async measured() {
    const [result] = await query(`SELECT mean("exchange_kw") AS "exchange", mean("target_kw") AS "target", mean("stored_kwh") AS "stored" FROM "balancing"
      WHERE "community" = ${quote(this.name)} AND time > now() - 12h GROUP BY time(20s) fill(none)`);
    const series = result?.series?.[0];
    const column = (name) => (series?.values ?? []).map((row) => ({ x: row[0], y: row[series.columns.indexOf(name)] ?? NaN }));
    return { exchange: column("exchange"), target: column("target"), stored: column("stored") };
  }

  draw() {
    const { one, plan, measured } = this.drawn;
    const now = siteNow();
    const step = (plan?.step_minutes ?? 15) * 60_000;
    const start = plan ? Date.parse(plan.start) : now;
    const planned = (values) => values.flatMap((value, index) => [{ x: start + index * step, y: value }, { x: start + (index + 1) * step, y: value }]);
    const stored = plan?.stored_kwh?.length ? plan.stored_kwh[0].map((_, index) => plan.stored_kwh.reduce((sum, each) => sum + each[index], 0)) : [];
    const end = Math.max(now + hour, plan ? start + plan.exchange_kw.length * step : 0);
    const begin = Math.max(now - back, Math.min(measured.exchange[0]?.x ?? now - hour, now - hour));
    const limit = (value, label) => {
      // A limit far away from what happens would press everything else flat.
      const largest = Math.max(...[...measured.exchange, ...(plan ? planned(plan.exchange_kw) : [])].map((point) => Math.abs(point.y)).filter(Number.isFinite), 0);
      return Number.isFinite(value) && largest > 0.5 * Math.abs(value) ? [{ label, data: [{ x: begin, y: value }, { x: end, y: value }], colour: "--bad", width: 1, dash: [2, 4] }] : [];
    };
    this.chart.drawLines({
      now, begin, end, unit: "kW",
      lines: [
        { label: "Schedule", data: plan ? planned(plan.exchange_kw) : [], colour: "--accent", dash: [6, 4] }, { label: "Target", data: measured.target, colour: "--warn", width: 1 },
        { label: "Measured", data: measured.exchange, colour: "--text", width: 2 }, ...limit(one.import_limit_kw, "Import limit"), ...limit(-one.export_limit_kw, "Export limit"),
      ],
    });
    this.energy.drawLines({
      now, begin, end, unit: "kWh", zero: true,
      lines: [
        { label: "Schedule", data: stored.map((value, index) => ({ x: start + (index + 1) * step, y: value })), colour: "--accent", dash: [6, 4] },
        { label: "Held", data: measured.stored, colour: "--text", width: 2 },
      ],
    });
    byID("community-chart").dataset.measured = measured.exchange.length;
    byID("community-chart").dataset.planned = plan?.exchange_kw.length ?? 0;
  }

  showState(one) {
    const [tone, word] = states[one.state] ?? ["idle", one.state];
    const away = one.assets - one.available;
    setState(byID("community-state"), tone === "good" && away > 0 ? "warn" : tone, away > 0 && one.mode > 0 ? `${word}, without ${away} of ${one.assets} assets` : word);
    setText(byID("community-exchange"), signed(one.exchange_kw, "kW"));
    setText(byID("community-target"), one.mode > 0 ? signed(one.target_kw, "kW") : "–");
    setText(byID("community-flexibility"), one.up_kw + one.down_kw > 0 ? `+${short(one.up_kw)} / −${short(one.down_kw)} kW` : "–");
    setText(byID("community-charge"), one.capacity_kwh > 0 ? `${Math.round((one.stored_kwh / one.capacity_kwh) * 100)} %` : "–");
    const sentence = byID("community-sentence");
    showSentence(sentence, one.plan_failure ? `No plan: ${one.plan_failure}` : one.sentence || null);
    sentence.classList.toggle("is-bad", Boolean(one.plan_failure) || one.state === "exhausted");
  }

  /** Marks the mode that runs, unless somebody is about to choose another one. */
  showMode(one) {
    if (this.shownMode !== one.mode) {
      this.shownMode = one.mode;
      byID(`community-mode-${one.mode}`).checked = true;
      this.showFields();
    }
    const parts = [];
    if (one.mode > 0 && one.begin) parts.push(`${modes[one.mode][1]} since ${moment.format(Date.parse(one.begin))}`);
    if (one.end) parts.push(`until ${moment.format(Date.parse(one.end))}`);
    if (one.then) parts.push(`then ${one.then} again`);
    setText(byID("community-until"), parts.join(", "));
  }

  showFields() {
    for (const field of byID("community-fields").children) field.hidden = !field.dataset.modes.split(" ").includes(String(this.mode));
    setText(byID("community-apply"), this.mode === 0 ? "Stop balancing" : "Begin this mode");
  }

  showNotes(one, plan) {
    const wishes = plan?.violations ?? [];
    const limits = wishes.length > 0 ? [] : (plan?.binding ?? []).slice(0, 5);
    byID("community-notes").replaceChildren(
      ...wishes.map((wish) => note("warn", wish.sentence)),
      ...limits.map((limit) => note("idle", `${limit.limit} holds: one ${limit.unit} more would save ${short(limit.shadow_price)}`)));
    byID("community-no-notes").hidden = wishes.length + limits.length > 0;
    setText(byID("community-no-notes"), plan ? "Every wish is fulfilled, no limit holds." : one.mode === 0 ? "Nothing is asked for." : "The plan is being made.");
    byID("community-no-events").hidden = one.events.length > 0;
    byID("community-events").replaceChildren(...one.events.slice(0, 30).map((event) => element("li", {},
      element("time", { class: "quiet", datetime: event.time, title: moment.format(Date.parse(event.time)) }, clock.format(Date.parse(event.time))), element("span", {}, asSentence(event.sentence)))));
  }

  /** Those of the run that goes on, else of the last one. */
  showIndicators(one, runs) {
    const isRunning = Number.isFinite(one.indicators?.hours) && one.indicators.hours > 0;
    const shown = isRunning ? one.indicators : runs[0]?.indicators;
    setText(byID("community-indicators-title"), isRunning ? "Indicators of this run" : runs[0] ? `Indicators of the last run (${runs[0].use_case})` : "Indicators");
    byID("community-no-indicators").hidden = Boolean(shown);
    const rows = !shown ? [] : indicators.filter(([key]) => Number.isFinite(shown[key])).map(([key, word, unit]) => [word,
      unit.startsWith("%") ? `${(shown[key] * 100).toFixed(1)} ${unit}`.replace("-", "−") : signed(shown[key], unit)]);
    byID("community-indicators").replaceChildren(...rows.map(([term, text]) => element("div", {}, element("dt", {}, term), element("dd", {}, text))));
    byID("community-reports").hidden = !shown;
    for (const format of ["html", "csv"]) byID(`community-report-${format}`).href = `${this.path}/runs/${isRunning ? "current" : runs[0]?.run}/report?format=${format}`;
  }

  showMembers(members) {
    byID("community-no-members").hidden = members.length > 0;
    byID("community-members").replaceChildren(...members.map((one) => {
      const [tone, word] = absences[one.state] ?? ["idle", one.state];
      const part = one.capacity_kwh > 0 ? Math.max(0, Math.min(1, one.energy_kwh / one.capacity_kwh)) : null;
      const fill = element("i");
      if (part !== null) fill.style.width = `${part * 100}%`;
      return element("tr", {},
        element("th", { scope: "row" }, `${one.id} `, element("span", { class: "quiet" }, one.kind)),
        element("td", { class: "text" }, element("span", { class: "state", "data-tone": tone }, element("i", { class: "lamp" }), element("span", {}, word))),
        element("td", {}, signed(one.power_kw, "kW")), element("td", {}, signed(one.set_point_kw, "kW")),
        element("td", {}, `${signed(one.band_kw[0], "")}… ${signed(one.band_kw[1], "kW")}`),
        element("td", {}, ...(part === null ? ["–"] : [element("span", { class: "meter" }, fill), `${short(one.energy_kwh)} of ${short(one.capacity_kwh)} kWh`])));
    }));
  }

  async apply() {
    const button = byID("community-apply");
    button.disabled = true;
    try {
      await call("PUT", `${this.path}/mode`, { json: this.request() });
      this.refusal = null;
      this.shownMode = null;
    } catch (refusal) {
      if (!(refusal instanceof Refusal)) throw refusal;
      this.refusal = refusal.message;
    } finally {
      button.disabled = this.role === "viewer";
    }
    await this.refresh();
  }

  /** What the form says, as the service takes it. */
  request() {
    const mode = this.mode;
    const minutes = byID("community-minutes").valueAsNumber;
    const body = { mode };
    if ([1, 2, 5].includes(mode) && Number.isFinite(minutes)) body.duration_minutes = minutes;
    if (mode === 2) body.target_kw = byID("community-target-kw").valueAsNumber;
    if (mode === 3 || mode === 4) {
      const start = this.next(byID("community-from").value, siteNow());
      const end = new Date(this.next(byID("community-to").value, start)).toISOString();
      body.slots = [{ id: "slot", start: new Date(start).toISOString(), end, energy_kwh: byID("community-energy-kwh").valueAsNumber }];
      body.end = end;
    }
    return body;
  }

  /** The next time after another one at which the viewer's clock shows this. */
  next(text, after) {
    const [hours, minutes] = text.split(":").map(Number);
    if (!Number.isFinite(hours) || !Number.isFinite(minutes)) throw new Refusal(400, "Say from when to when the slot lasts");
    const time = new Date(after);
    time.setHours(hours, minutes, 0, 0);
    if (time.getTime() <= after) time.setDate(time.getDate() + 1);
    return time.getTime();
  }
}

function note(tone, sentence) {
  return element("li", {}, element("span", { class: "state", "data-tone": tone }, element("i", { class: "lamp" }), element("span", {})), element("span", {}, asSentence(sentence)));
}
