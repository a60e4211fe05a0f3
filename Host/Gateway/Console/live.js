// Readings as they arrive.
import { siteNow } from "./api.js";
import { age, byID, element, offer, setState, setText } from "./dom.js";
import { describe, inOrder } from "./readings.js";
import { phaseClass, smallestRange, TimeChart } from "./charts.js";

const span = 60_000;
const phases = ["A", "B", "C"];

export class LiveView {
  constructor(store) {
    this.store = store;
    this.timer = 0;
    this.isShown = false;
    this.main = new TimeChart(byID("live-chart"), { span, smallestRange, gap: 3000 });
    this.frequency = new TimeChart(byID("frequency-chart"), { span, smallestRange: () => 0.04, gap: 3000 });
    for (const id of ["live-device", "live-measurand"]) byID(id).addEventListener("change", () => this.draw());
    byID("view-live").querySelectorAll('[name="phase"]').forEach((box) => box.addEventListener("change", () => this.draw()));
  }

  /** Follows what arrives, also while another view is shown. */
  follow() {
    this.leave();
    this.timer = setInterval(() => {
      if (this.isShown && !document.hidden) this.draw();
      else this.choose();
    }, 250);
  }

  leave() { clearInterval(this.timer); }

  start() {
    this.isShown = true;
    this.draw();
  }

  stop() { this.isShown = false; }

  recolour() {
    this.main.recolour();
    this.frequency.recolour();
  }

  /** Offers the devices and measurands that have come; what is chosen, as series. */
  choose() {
    const { store } = this;
    offer(byID("live-device"), [...store.devices.keys()].sort((a, b) => a.localeCompare(b, undefined, { numeric: true })));
    const device = byID("live-device").value;
    const known = inOrder(store.measurandsOf(device).filter((name) => name !== "frequency"));
    offer(byID("live-measurand"), known.length > 0 ? known : ["voltmagnitude"], (name) => describe(name).label, "voltmagnitude");
    const measurand = byID("live-measurand").value;
    const shown = new Set([...byID("view-live").querySelectorAll('[name="phase"]:checked')].map((box) => box.value));
    const series = store.series(device, measurand).filter((one) => shown.has(one.phase) || !phases.includes(one.phase));
    const frequency = store.series(device, "frequency");
    this.publish(byID("live-chart"), series);
    this.publish(byID("frequency-chart"), frequency);
    return { device, measurand, series, frequency };
  }

  draw() {
    const { device, measurand, series, frequency } = this.choose();
    setText(byID("live-caption"), describe(measurand).label);
    setText(byID("live-unit"), describe(measurand).unit);
    const now = siteNow();
    this.main.draw(series, now);
    this.frequency.draw(frequency.slice(0, 1).map((one) => ({ phase: "", points: one.points })), now);
    readout(byID("live-readout"), series, describe(measurand).digits);
    readout(byID("frequency-readout"), frequency.slice(0, 1).map((one) => ({ ...one, phase: "" })), 3);
    this.showLatest(device);
    this.showState(device, Date.now());
  }

  /** What tests and people with a console read: how many points came, and when the newest was measured. */
  publish(canvas, series) {
    canvas.dataset.points = series.reduce((sum, one) => sum + one.received, 0);
    canvas.dataset.lastTime = Math.round(series.reduce((newest, one) => Math.max(newest, one.points.at(-1)?.x ?? 0), 0));
  }

  showState(device, now) {
    const arrived = this.store.devices.get(device)?.arrived ?? 0;
    const silence = now - arrived;
    if (arrived === 0) setState(byID("live-state"), "idle", "Waiting for readings");
    else if (silence < 3000) setState(byID("live-state"), "good", "Arriving");
    else setState(byID("live-state"), "warn", `Silent for ${age(silence)}`);
    const count = this.store.devices.size;
    setText(byID("latest-age"), arrived === 0 ? "" : `${device}, ${count} ${count === 1 ? "device" : "devices"} in all`);
  }

  showLatest(device) {
    const body = byID("latest");
    const rows = inOrder(this.store.measurandsOf(device));
    // What has no phase, such as the frequency, has one value across the columns.
    const hasPhases = (name) => {
      const all = this.store.series(device, name);
      return all.some((one) => phases.includes(one.phase)) && !(describe(name).isCommon && all.length === 1);
    };
    const key = JSON.stringify([device, rows.map((name) => [name, hasPhases(name)])]);
    if (this.latestKey !== key) {
      this.latestKey = key;
      body.replaceChildren(...rows.map((name) => element(
        "tr", { "data-measurand": name }, element("th", { scope: "row" }, describe(name).label, element("small", {}, describe(name).unit)),
        ...(hasPhases(name) ? phases.map(() => element("td")) : [element("td", { colspan: phases.length })]))));
    }
    for (const row of body.rows) {
      const digits = describe(row.dataset.measurand).digits;
      const cells = [...row.cells].slice(1);
      const all = this.store.series(device, row.dataset.measurand);
      const shown = cells.length === 1 ? [all[0]] : phases.map((phase) => all.find((one) => one.phase === phase));
      shown.forEach((one, index) => setText(cells[index], one?.points.at(-1)?.y.toFixed(digits) ?? "–"));
    }
  }
}

/** The newest value of each series, in its colour. */
export function readout(node, series, digits) {
  const parts = series.filter((one) => one.points.length > 0);
  while (node.children.length > parts.length) node.lastElementChild.remove();
  while (node.children.length < parts.length) node.append(element("span"));
  parts.forEach((one, index) => {
    const part = node.children[index];
    part.className = phaseClass(one.phase);
    setText(part, `${one.phase ? `${one.phase} ` : ""}${one.points.at(-1).y.toFixed(digits)}`);
  });
}
