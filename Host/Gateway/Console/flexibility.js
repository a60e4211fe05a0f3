// Flexibility: requests with what was asked for, what is offered, what limits it, and what was delivered; the own need beside them.
import { call, Refusal, siteNow } from "./api.js";
import { age, asSentence, byID, element, setText, twice } from "./dom.js";
import { ListView } from "./list.js";

const tones = {
  received: "idle", checked: "idle", offered: "warn", accepted: "warn", activating: "warn", active: "good", completed: "good", verified: "good", settled: "idle",
  rejected: "idle", expired: "idle", cancelled: "idle", failed: "bad",
};
const ended = new Set(["settled", "rejected", "expired", "cancelled", "failed"]);
const span = new Intl.DateTimeFormat(undefined, { day: "2-digit", month: "2-digit", hour: "2-digit", minute: "2-digit", hourCycle: "h23" });

const kilowatts = (value) => (Number.isFinite(value) ? `${value > 0 ? "+" : ""}${value.toFixed(Math.abs(value) < 100 ? 1 : 0)} kW` : "–");
const energy = (value) => (Number.isFinite(value) ? `${value.toFixed(value < 100 ? 1 : 0)} kWh` : "–");

/** How many requests are shown, the latest. */
const most = 200;

export class FlexibilityView extends ListView {
  constructor() { super("flexibility", "flexibility", 2000); }

  async load() {
    const { requests, open, active } = await call("GET", `${this.path}/requests?limit=${most}`);
    setText(byID("flexibility-open"), String(open));
    setText(byID("flexibility-active"), String(active));
    byID("flexibility-empty").hidden = requests.length > 0;
    byID("flexibility-table").hidden = requests.length === 0;
    await this.showAll(byID("flexibility-rows"), requests, (request) => new RequestRow(this, request.id), (row, request) => row.show(request));
    await this.loadNeed();
  }

  /** What is foreseen; a service that does not look ahead answers that there is nothing. */
  async loadNeed() {
    let need = null;
    try { need = await call("GET", `${this.path}/needs`); } catch (refusal) {
      if (!(refusal instanceof Refusal)) throw refusal;
    }
    setText(byID("flexibility-foreseen"), need ? String(need.congestions.length) : "–");
    byID("flexibility-foreseen").dataset.tone = need && need.congestions.length > 0 ? "bad" : "idle";
    const sentences = (need?.congestions ?? []).slice(0, 5).map((one) => element("li", {}, asSentence(one.sentence)));
    if (need && !need.is_free) {
      const cure = need.cure.is_complete ? `The cheapest cure costs ${need.cure.cost.toFixed(2)}` : "The flexibility at hand does not cure all of it";
      sentences.push(element("li", { class: "quiet" }, asSentence(cure)));
    }
    byID("flexibility-need").replaceChildren(...sentences);
    byID("flexibility-need-panel").hidden = sentences.length === 0;
  }

  act(request, verb) {
    const path = `${this.path}/requests/${encodeURIComponent(request)}`;
    return this.attempt(() => (verb === "cancel" ? call("DELETE", path) : call("POST", `${path}/${verb}`, { json: {} })));
  }
}

/** One request: a row whose buttons are those that its state permits. */
class RequestRow {
  constructor(view, id) {
    this.view = view;
    this.id = id;
    this.state = element("span", { class: "state" }, element("i", { class: "lamp" }), element("span"));
    this.since = element("span", { class: "quiet" });
    this.place = element("td", { class: "text" });
    this.time = element("td", {});
    this.wanted = element("td", {});
    this.offered = element("td", {});
    this.delivered = element("td", {});
    this.reason = element("td", { class: "text quiet" });
    this.buttons = element("td", { class: "request-buttons" });
    this.node = element(
      "tr", { "data-request": id }, element("th", { scope: "row" }, id), element("td", { class: "text" }, this.state, " ", this.since), this.place, this.time, this.wanted, this.offered,
      this.delivered, this.reason, this.buttons);
  }

  show(request) {
    this.state.dataset.tone = tones[request.state] ?? "idle";
    setText(this.state.lastElementChild, request.state);
    setText(this.since, age(siteNow() - Date.parse(request.at)));
    setText(this.place, request.location);
    setText(this.time, `${span.format(new Date(request.begin))} – ${span.format(new Date(request.end))}`);
    setText(this.wanted, kilowatts(request.wanted_kw ?? Number.NaN));
    setText(this.offered, kilowatts(request.offered_kw ?? Number.NaN));
    setText(this.delivered, `${energy(request.delivered_kwh ?? Number.NaN)} of ${energy(request.ordered_kwh ?? Number.NaN)}`);
    setText(this.reason, asSentence(request.limit_reason || request.reason || "–"));
    if (this.buttonsOf === request.state + this.view.role) return;
    this.buttonsOf = request.state + this.view.role;
    const verbs = !this.view.mayOperate || ended.has(request.state) || ["completed", "verified"].includes(request.state) ? []
      : request.state === "offered" ? [["accept", "Accept", "Order it?"], ["reject", "Reject", "Reject it?"]] : [["cancel", "Cancel", "Withdraw it?"]];
    this.buttons.replaceChildren(...verbs.map(([verb, word, question]) => {
      const button = element("button", { class: "button", type: "button", "data-role": verb, "aria-label": `${word} ${this.id}` }, word);
      twice(button, question, () => this.view.act(this.id, verb));
      return button;
    }));
  }
}
