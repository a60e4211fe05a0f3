// What the store holds: asked anew every second.
import { query, sinceSite, siteNow } from "./api.js";
import { age, byID, offer, setState, setText, showSentence } from "./dom.js";
import { describe, inOrder } from "./readings.js";
import { readout } from "./live.js";
import { smallestRange, TimeChart } from "./charts.js";

const span = 300_000;
const quote = (text) => `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
const name = (text) => `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;

export class StoredView {
  constructor(store) {
    this.store = store;
    this.timer = 0;
    this.isAsking = false;
    this.series = [];
    this.chart = new TimeChart(byID("stored-chart"), { span, smallestRange, gap: 3500 });
    for (const id of ["stored-device", "stored-measurand"]) {
      byID(id).addEventListener("change", () => {
        this.series = [];
        this.refresh();
      });
    }
  }

  async start() {
    this.stop();
    this.round = 0;
    await this.refresh();
    this.timer = setInterval(() => { if (!document.hidden) this.refresh(); }, 1000);
  }

  stop() { clearInterval(this.timer); }

  recolour() { this.chart.recolour(); }

  async refresh() {
    if (this.isAsking) return;
    this.isAsking = true;
    try {
      if (this.round % 10 === 0 || byID("stored-device").value === "") await this.askForDevices();
      this.round += 1;
      if (byID("stored-device").value) await this.askForSeries();
      else setState(byID("stored-state"), "idle", "Nothing stored yet");
      showSentence(byID("stored-error"), null);
    } catch (refusal) {
      showSentence(byID("stored-error"), refusal.message);
    } finally {
      this.isAsking = false;
    }
    this.draw();
  }

  async askForDevices() {
    const [devices, fields] = await query('SHOW TAG VALUES FROM "pmu" WITH KEY = "device"; SHOW FIELD KEYS FROM "pmu"');
    const found = (devices?.series?.[0]?.values ?? []).map((row) => row[1]);
    found.sort((a, b) => a.localeCompare(b, undefined, { numeric: true }));
    offer(byID("stored-device"), found, undefined, byID("live-device").value || null);
    const known = inOrder((fields?.series?.[0]?.values ?? []).map((row) => row[0]));
    offer(byID("stored-measurand"), known.length > 0 ? known : ["voltmagnitude"], (one) => describe(one).label, "voltmagnitude");
  }

  async askForSeries() {
    const device = byID("stored-device").value;
    const field = byID("stored-measurand").value;
    const where = `"device" = ${quote(device)}`;
    const text = `SELECT mean(${name(field)}) FROM "pmu" WHERE ${where} AND time > now() - 5m GROUP BY time(1s), "phase" fill(none)`;
    setText(byID("stored-query"), text);
    const [means, newest] = await query(`${text}; SELECT last(${name(field)}) FROM "pmu" WHERE ${where}`);
    if (means?.error) throw new Error(means.error);
    this.series = (means?.series ?? []).map((one) => ({
      phase: one.tags?.phase ?? "", points: one.values.filter((row) => row[1] !== null).map(([x, y]) => ({ x, y })),
    }));
    const exact = newest?.series?.[0]?.values?.[0]?.[0];
    const bucket = this.series.reduce((latest, one) => Math.max(latest, one.points.at(-1)?.x ?? 0), 0);
    this.newest = typeof exact === "number" && exact > 0 ? exact : bucket;
  }

  draw() {
    const now = siteNow();
    const canvas = byID("stored-chart");
    const field = byID("stored-measurand").value || "voltmagnitude";
    setText(byID("stored-caption"), describe(field).label);
    setText(byID("stored-unit"), describe(field).unit);
    canvas.dataset.points = this.series.reduce((sum, one) => sum + one.points.length, 0);
    canvas.dataset.lastTime = Math.round(this.newest ?? 0);
    this.chart.draw(this.series, now);
    readout(byID("stored-readout"), this.series, describe(field).digits);
    const silence = sinceSite(this.newest ?? 0);
    if (this.newest) {
      if (silence < 4000) setState(byID("stored-state"), "good", "Storing");
      else setState(byID("stored-state"), "warn", `Nothing new stored for ${age(silence)}`);
    }
    const arrived = this.store.devices.get(byID("stored-device").value)?.arrived ?? 0;
    if (arrived === 0) setState(byID("stored-live-state"), "idle", "Live: nothing arrives");
    else if (Date.now() - arrived < 3000) setState(byID("stored-live-state"), "good", "Live: arriving");
    else setState(byID("stored-live-state"), "warn", `Live: silent for ${age(Date.now() - arrived)}`);
  }
}
