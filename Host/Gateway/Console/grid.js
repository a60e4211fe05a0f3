// The grid: the estimated state on the single-line diagram, measured beside estimated, and what lies outside of its limits.
import { call, Refusal } from "./api.js";
import { age, byID, element, offer, setState, setText, showSentence } from "./dom.js";
import { Diagram } from "./diagram.js";

/** Above so many nodes a drawing tells nothing any more; the tables still do. */
const drawnNodes = 1500;
/** Rows of the table: the worst fits stand first. */
const listedNodes = 500;
const words = {
  measured: "measured", estimated: "estimated", "pseudo-only": "from profiles only", "not-estimable": "not estimable",
};

const number = (value, digits) => (Number.isFinite(value) ? value.toFixed(digits) : "–");
const kilo = (value, digits = 1) => (Number.isFinite(value) ? (value / 1000).toFixed(digits) : "–");

export class GridView {
  timer = 0;
  service = null;
  model = null;
  names = new Map();
  grid = null;
  state = null;
  chosen = null;

  constructor() {
    this.diagram = new Diagram(byID("grid-diagram"), (kind, id) => this.choose(kind, id));
    byID("grid-service").addEventListener("change", () => { this.model = null; this.refresh(); });
    byID("grid-nodes").addEventListener("click", (event) => this.chooseRow(event));
  }

  start(role) {
    this.role = role;
    this.stop();
    this.refresh();
    this.timer = setInterval(() => this.refresh(), 1000);
  }

  stop() { clearInterval(this.timer); }
  recolour() {}

  async refresh() {
    if (document.hidden || this.isBusy) return;
    this.isBusy = true;
    try {
      const { services } = await call("GET", "/api/services");
      const names = services.filter((one) => one.labels?.console === "grid").map((one) => one.name);
      offer(byID("grid-service"), names);
      byID("grid-empty").hidden = names.length > 0;
      byID("grid-body").hidden = names.length === 0;
      if (names.length > 0) await this.load(byID("grid-service").value);
      showSentence(byID("grid-error"), null);
    } catch (refusal) {
      if (!(refusal instanceof Refusal)) throw refusal;
      showSentence(byID("grid-error"), refusal.message);
      setState(byID("grid-state"), "bad", "No estimate");
    } finally {
      this.isBusy = false;
    }
  }

  async load(service) {
    const path = `/api/${encodeURIComponent(service)}`;
    const state = await call("GET", `${path}/state`);
    if (this.service !== service || this.model !== state.model) {
      this.grid = await call("GET", `${path}/grid`);
      this.service = service;
      this.model = state.model;
      this.names = new Map(["nodes", "branches", "switches"].map((kind) => [kind, new Map(this.grid[kind].map((one) => [one.id, one.name]))]));
      const isDrawn = this.grid.nodes.length <= drawnNodes;
      byID("grid-too-large").hidden = isDrawn;
      if (isDrawn) this.diagram.build(this.grid);
      else byID("grid-diagram").replaceChildren();
      this.chosen = null;
    }
    this.state = state;
    this.show();
  }

  show() {
    const { state } = this;
    const estimated = state.nodes.filter((node) => Number.isFinite(node.per_unit));
    const tone = { converged: "good", stale: "warn", "not-converged": "bad", "not-observable": "bad", waiting: "idle" }[state.status] ?? "idle";
    setState(byID("grid-state"), tone, state.detail || state.status);
    setText(byID("grid-age"), Number.isFinite(state.age_ms) ? age(state.age_ms) : "–");
    const range = estimated.map((node) => node.per_unit);
    setText(byID("grid-voltages"), range.length > 0 ? `${number(Math.min(...range), 3)} – ${number(Math.max(...range), 3)} pu` : "–");
    setText(byID("grid-loading"), this.highestLoading());
    setText(byID("grid-losses"), Number.isFinite(state.losses_watts) ? `${kilo(state.losses_watts)} kW` : "–");
    const measured = state.nodes.filter((node) => node.source === "measured").length;
    setText(byID("grid-measured"), `${measured} of ${state.nodes.length} nodes`);
    this.diagram.show(state);
    if (this.chosen) this.diagram.choose(this.chosen.kind, this.chosen.id);
    this.showViolations();
    this.showNodes();
    this.showChosen();
    byID("grid-diagram").dataset.time = state.time ?? "";
  }

  highestLoading() {
    const loaded = this.state.branches.filter((branch) => Number.isFinite(branch.loading_percent));
    if (loaded.length === 0) return "–";
    const most = loaded.reduce((a, b) => (a.loading_percent >= b.loading_percent ? a : b));
    return `${number(most.loading_percent, 0)} % (${this.nameOf("branches", most.id)})`;
  }

  nameOf(kind, id) { return this.names.get(kind).get(id) ?? id; }

  showViolations() {
    const list = byID("grid-violations");
    const key = JSON.stringify(this.state.violations);
    if (list.dataset.key === key) return;
    list.dataset.key = key;
    list.replaceChildren(...this.state.violations.map((one) => element("li", { "data-tone": one.severity === "warning" ? "warn" : "bad" },
      element("i", { class: "lamp" }), element("span", {}, one.sentence))));
    byID("grid-no-violations").hidden = this.state.violations.length > 0;
  }

  /** Measured beside estimated, the least certain first. */
  showNodes() {
    const rows = [...this.state.nodes].sort((a, b) => (b.residual ?? 0) - (a.residual ?? 0) || a.id.localeCompare(b.id, undefined, { numeric: true })).slice(0, listedNodes);
    const body = byID("grid-nodes");
    while (body.rows.length > rows.length) body.lastElementChild.remove();
    while (body.rows.length < rows.length) body.append(element("tr", {}, element("th", { scope: "row" }, element("button", { class: "link", type: "button" })), ...Array.from({ length: 5 }, () => element("td"))));
    rows.forEach((node, index) => {
      const row = body.rows[index];
      const cells = row.cells;
      row.dataset.id = node.id;
      row.classList.toggle("is-chosen", this.chosen?.kind === "node" && this.chosen.id === node.id);
      setText(cells[0].firstElementChild, this.nameOf("nodes", node.id));
      setText(cells[1], kilo(node.measured_volts, 3));
      setText(cells[2], kilo(node.volts, 3));
      setText(cells[3], Number.isFinite(node.sigma_volts) ? `± ${number(node.sigma_volts, node.sigma_volts < 10 ? 1 : 0)}` : "–");
      setText(cells[4], number(node.per_unit, 4));
      setText(cells[5], node.energised ? words[node.source] ?? node.source : "not energised");
    });
  }

  chooseRow(event) {
    const row = event.target.closest("tr");
    if (row) this.choose("node", row.dataset.id);
  }

  choose(kind, id) {
    this.chosen = { kind, id };
    this.diagram.choose(kind, id);
    this.showChosen();
  }

  showChosen() {
    const panel = byID("grid-chosen");
    if (!this.chosen) {
      panel.hidden = true;
      return;
    }
    panel.hidden = false;
    const { kind, id } = this.chosen;
    const list = { node: "nodes", branch: "branches", switch: "switches" }[kind];
    const fixed = this.grid[list].find((one) => one.id === id);
    const state = this.state[list].find((one) => one.id === id) ?? {};
    setText(byID("grid-chosen-title"), fixed?.name ?? id);
    const facts = { node: nodeFacts, branch: branchFacts, switch: switchFacts }[kind](fixed ?? {}, state);
    const key = JSON.stringify(facts);
    const target = byID("grid-facts");
    if (target.dataset.key !== key) {
      target.dataset.key = key;
      target.replaceChildren(...facts.map(([name, value]) => element("div", {}, element("dt", {}, name), element("dd", {}, value))));
    }
    this.showOrder(kind, id, state);
  }

  /** The button that asks for the other position of a switch; the order goes through the command arbiter. */
  showOrder(kind, id, state) {
    const button = byID("grid-order");
    const mayOrder = kind === "switch" && this.grid.switches.find((one) => one.id === id)?.command_topic && this.role !== "viewer";
    button.hidden = !mayOrder;
    if (!mayOrder) return;
    const wanted = state.position === "open" ? "closed" : "open";
    setText(button, wanted === "open" ? "Open this switch" : "Close this switch");
    button.onclick = () => this.order(id, wanted);
  }

  async order(id, position) {
    const device = this.grid.switches.find((one) => one.id === id);
    if (!confirm(`${position === "open" ? "Open" : "Close"} ${device.name}?`)) return;
    const button = byID("grid-order");
    button.disabled = true;
    try {
      await call("POST", "/api/commands", {
        json: { topic: device.command_topic, payload: { position }, reason: "switched in the console" },
      });
      showSentence(byID("grid-order-error"), null);
    } catch (refusal) {
      showSentence(byID("grid-order-error"), refusal.message);
    } finally {
      button.disabled = false;
    }
  }
}

const nodeFacts = (node, state) => [
  ["Kind", `${number(node.nominal_volts / 1000, node.nominal_volts < 1000 ? 1 : 0)} kV busbar`],
  ["Estimated", `${kilo(state.volts, 3)} kV, ${number(state.angle_degrees, 2)}°`],
  ["Standard deviation", `${number(state.sigma_volts, 1)} V`],
  ["Measured", Number.isFinite(state.measured_volts) ? `${kilo(state.measured_volts, 3)} kV` : "not measured"],
  ["Known from", words[state.source] ?? "–"],
  ["Load", Number.isFinite(state.p) ? `${kilo(-state.p)} kW, ${kilo(-state.q)} kvar` : "unknown"],
  ...(state.phases ?? []).map((phase) => [
    `Phase ${phase.phase}`,
    Number.isFinite(phase.volts) ? `${kilo(phase.volts, 3)} kV to ground, ${number(phase.per_unit, 4)}, ${number(phase.angle_degrees, 1)}°` : "unknown",
  ]),
  ...(Number.isFinite(state.unbalance_percent) ? [["Unbalance", `${number(state.unbalance_percent, 2)} %`]] : []),
];
const branchFacts = (branch, state) => [
  ["Kind", branch.kind ?? "–"],
  ["Current", `${number(state.amperes, 1)} A`],
  ["Loading", Number.isFinite(state.loading_percent) ? `${number(state.loading_percent, 0)} % of ${number(branch.rated_amperes, 0)} A` : "no rating given"],
  ["Power", `${kilo(state.p_from)} kW, ${kilo(state.q_from)} kvar`],
  ["Losses", Number.isFinite(state.losses_watts) ? `${kilo(state.losses_watts, 2)} kW` : "–"],
  ...(state.phases ?? []).map((phase) => [
    `Phase ${phase.phase}`,
    `${number(phase.amperes, 1)} A` + (Number.isFinite(phase.p_from) ? `, ${kilo(phase.p_from)} kW, ${kilo(phase.q_from)} kvar` : ""),
  ]),
];
const switchFacts = (device, state) => [
  ["Kind", device.kind ?? "–"],
  ["Position", state.position ?? "unknown"],
  ["Normal", device.normal_open ? "open" : "closed"],
  ["Reported", state.reported ? "by the device" : "as the grid model says"],
];
