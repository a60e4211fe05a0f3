// Faults: a card for each with its plan and its buttons, and what the next fault would cost.
import { call, siteNow } from "./api.js";
import { age, asSentence, byID, element, setState, setText, showSentence, twice } from "./dom.js";
import { ListView } from "./list.js";

const tones = {
  waiting: "warn", cleared: "good", unlocated: "bad", proposed: "bad", executing: "warn", completed: "good", stopped: "bad", rejected: "warn",
  superseded: "idle", closed: "idle",
};
const words = {
  waiting: "waiting", cleared: "gone by itself", unlocated: "not located", proposed: "waits for approval", executing: "being switched",
  completed: "restored", stopped: "stopped", rejected: "rejected", superseded: "taken over", closed: "back to normal",
};
const stepTones = { confirmed: "good", "under way": "warn", waiting: "idle", "not confirmed": "bad" };
const over = new Set(["cleared", "closed"]);
const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });

const kilowatts = (value) => (Number.isFinite(value) ? `${value.toFixed(value < 100 ? 1 : 0)} kW` : "–");
const percent = (value) => `${(value * 100).toFixed(0)} %`;

export class FaultsView extends ListView {
  mode = "advise";

  constructor() {
    super("faults", "faults", 1000);
    byID("screening-run").addEventListener("click", () => this.screen());
  }

  changeService() {
    byID("screening-rows").replaceChildren();
    byID("screening-table").hidden = true;
    super.changeService();
  }

  async load() {
    const { mode, faults } = await call("GET", `${this.path}/faults`);
    this.mode = mode;
    const open = faults.filter((fault) => !over.has(fault.state));
    setText(byID("faults-open"), String(open.length));
    byID("faults-open").dataset.tone = open.some((fault) => fault.severity === "alarm") ? "bad" : "idle";
    setText(byID("faults-unserved"), kilowatts(Math.max(0, ...open.map((fault) => fault.unserved_kw ?? 0))));
    setText(byID("faults-mode"), { advise: "advises", approve: "asks for approval", automatic: "switches by itself" }[mode] ?? mode);
    byID("faults-empty").hidden = faults.length > 0;
    await this.showAll(byID("fault-list"), faults, () => new FaultCard(this), async (card, fault) => {
      if (card.needs(fault)) card.show(await call("GET", `${this.path}/faults/${encodeURIComponent(fault.id)}`), fault);
      card.showAge();
    });
  }

  act(fault, verb, json = {}) {
    return this.attempt(() => call("POST", `${this.path}/faults/${encodeURIComponent(fault)}/${verb}`, { json }));
  }

  /** The N-1 screening: it takes a moment, so it is asked for. */
  async screen() {
    const button = byID("screening-run");
    button.disabled = true;
    setText(button, "Screening…");
    try {
      const { rows, loads_from: source } = await call("GET", `${this.path}/screening`);
      showSentence(byID("screening-error"), null);
      setText(byID("screening-source"), `Loads of the ${source}, ${clock.format(siteNow())}`);
      byID("screening-table").hidden = false;
      byID("screening-rows").replaceChildren(...rows.map(screeningRow));
    } catch (refusal) {
      showSentence(byID("screening-error"), refusal.message);
    } finally {
      button.disabled = false;
      setText(button, "Screen now");
    }
  }
}

function screeningRow(row) {
  const tone = row.unserved_kw > 0 ? "warn" : "good";
  const ties = [...row.closes.map((name) => `close ${name}`), ...row.opens.map((name) => `open ${name}`)].join(", ");
  return element("tr", {},
    element("th", { scope: "row" }, row.name), element("td", {}, kilowatts(row.interrupted_kw)),
    element("td", {}, element("span", { class: "state", "data-tone": tone }, element("i", { class: "lamp" }), element("span", {}, row.unserved_kw > 0 ? kilowatts(row.unserved_kw) : "none"))),
    element("td", { class: "text" }, ties || "–"));
}

class FaultCard {
  version = "";

  constructor(view) {
    this.view = view;
    this.title = element("h2");
    this.state = element("span", { class: "state", role: "status" }, element("i", { class: "lamp" }), element("span"));
    this.time = element("span", { class: "quiet" });
    this.detail = element("p", { class: "fault-detail" });
    this.facts = element("dl", { class: "fault-facts" });
    this.where = element("div", { class: "fault-where" });
    this.steps = element("tbody");
    this.stepsTable = element("table", { class: "fault-steps" },
      element("thead", {}, element("tr", {}, ...["", "Step", "For", "Voltage from", "Loading up to", "Fed"].map((name) => element("th", { scope: "col" }, name)))), this.steps);
    this.buttons = element("div", { class: "fault-buttons" });
    this.history = element("ol", { class: "fault-history" });
    const log = element("details", {}, element("summary", {}, "History"), this.history);
    this.node = element("li", { class: "panel fault" },
      element("div", { class: "fault-head" }, this.title, this.state, this.time), this.detail, this.facts, this.where, this.stepsTable, this.buttons, log);
  }

  /** Whether the card shows something else than the fault is. */
  needs(card) { return this.version !== JSON.stringify(card) + this.view.mode; }

  show(fault, card) {
    this.version = JSON.stringify(card) + this.view.mode;
    this.fault = fault;
    this.node.dataset.fault = fault.id;
    this.node.dataset.severity = fault.severity;
    this.node.dataset.state = fault.state;
    setText(this.title, `${fault.id} · ${fault.title}`);
    const word = fault.state === "proposed" && this.view.mode === "advise" ? "advised" : words[fault.state] ?? fault.state;
    setState(this.state, tones[fault.state] ?? "idle", word);
    setText(this.detail, asSentence(fault.detail));
    this.showFacts(fault);
    this.showWhere(fault);
    this.showSteps(fault);
    this.showButtons(fault);
    this.history.replaceChildren(...fault.history.map((entry) => element("li", {}, element("time", { class: "quiet" }, clock.format(Date.parse(entry.time))), element("span", {}, asSentence(entry.sentence)))));
  }

  showAge() { setText(this.time, this.fault ? `${age(siteNow() - Date.parse(this.fault.began))} ago` : ""); }

  showFacts(fault) {
    const plan = fault.plan;
    const rows = [];
    if (plan) {
      rows.push(["Interrupted", kilowatts(fault.interrupted_kw)]);
      rows.push(["Restored by the plan", kilowatts(plan.energised_after_plan_kw - plan.energised_after_trip_kw)]);
      rows.push(["Unserved until the repair", kilowatts(fault.unserved_kw)]);
    }
    if (fault.reliability) {
      const { without_plan: before, with_plan: after } = fault.reliability;
      rows.push(["SAIDI", `${before.saidi_minutes.toFixed(1)} → ${after.saidi_minutes.toFixed(1)} min`]);
    }
    if (plan) rows.push(["Plan", plan.proven_best ? "proved best" : `best of ${plan.configurations_tried} tried`]);
    this.facts.hidden = rows.length === 0;
    this.facts.replaceChildren(...rows.map(([name, value]) => element("div", {}, element("dt", {}, name), element("dd", {}, value))));
  }

  /** The most probable sections, and what contradicts them. */
  showWhere(fault) {
    const candidates = (fault.candidates ?? []).map((one) => {
      const bar = element("span", { class: "fault-bar" }, element("i"));
      bar.firstElementChild.style.width = `${(one.probability * 100).toFixed(1)}%`;
      return element("li", { class: one.suspected ? "is-suspected" : "" }, element("span", {}, one.section), bar, element("b", {}, percent(one.probability)));
    });
    const places = (fault.places ?? []).map((place) => element("p", { class: "quiet" }, `The relay's distance puts it on ${place.line}, at ${place.share_percent} % of its length.`));
    const contradictions = (fault.contradictions ?? []).map((sentence) => element("li", { "data-tone": "warn" }, element("i", { class: "lamp" }), element("span", {}, asSentence(sentence))));
    const notes = (fault.plan?.notes ?? []).map((sentence) => element("li", { "data-tone": "warn" }, element("i", { class: "lamp" }), element("span", {}, asSentence(sentence))));
    this.where.hidden = candidates.length + contradictions.length + notes.length === 0;
    this.where.replaceChildren(element("ul", { class: "fault-candidates" }, ...candidates), ...places, element("ul", { class: "fault-notes" }, ...contradictions, ...notes));
  }

  showSteps(fault) {
    const steps = fault.steps ?? [];
    this.stepsTable.hidden = steps.length === 0;
    this.steps.replaceChildren(...steps.map((step) => element("tr", { "data-step": step.state },
      element("td", {}, element("span", { class: "state", "data-tone": stepTones[step.state] ?? "idle", title: step.state }, element("i", { class: "lamp" }), element("span", {}, `${step.number}`))),
      element("th", { scope: "row" }, `${step.action} ${step.name}`), element("td", {}, step.purpose),
      element("td", {}, step.after.energised_kw > 0 ? `${step.after.lowest_voltage_pu.toFixed(3)} pu` : "–"),
      element("td", {}, step.after.energised_kw > 0 ? `${step.after.highest_loading_percent.toFixed(0)} %` : "–"),
      element("td", {}, kilowatts(step.after.energised_kw)))));
  }

  showButtons(fault) {
    const { view } = this;
    const make = (word, question, verb, json, isMain = false) => {
      const button = element("button", { type: "button", class: isMain ? "button emphasis" : "button", "data-role": verb }, word);
      twice(button, question, () => view.act(fault.id, verb, json));
      return button;
    };
    const buttons = [];
    if (view.mayOperate) {
      if (fault.state === "proposed" && view.mode !== "advise") buttons.push(make(`Approve ${fault.steps?.length ?? 0} steps`, "Switch them now?", "approve", { proposal: fault.proposal }, true));
      if (fault.state === "proposed") buttons.push(make("Reject", "Reject it?", "reject", {}));
      if (fault.state === "executing") buttons.push(make("Stop", "Stop here?", "stop", {}, true));
      if (["stopped", "rejected"].includes(fault.state)) buttons.push(make("Another plan", "Plan anew?", "plans", {}, true));
      if (["completed", "stopped"].includes(fault.state) && fault.undo.length > 0) buttons.push(make("Undo transfers", "Propose the way back?", "undo", {}));
      if (["completed", "stopped", "rejected", "unlocated", "superseded"].includes(fault.state)) buttons.push(make("Repaired", "Is it repaired?", "repaired", {}));
    }
    this.buttons.hidden = buttons.length === 0;
    this.buttons.replaceChildren(...buttons);
  }
}
