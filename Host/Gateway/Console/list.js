// A view of what services of one kind have: the choice of the service, and a list whose entries come, change and go.
import { call, Refusal } from "./api.js";
import { byID, offer, showSentence } from "./dom.js";

export class ListView {
  entries = new Map();
  role = "viewer";
  timer = 0;
  service = null;
  refusal = null;

  /** `kind` is the prefix of the view's elements, `label` what services say of themselves under `console`; looked at every some milliseconds. */
  constructor(kind, label, milliseconds) {
    this.kind = kind;
    this.label = label;
    this.milliseconds = milliseconds;
    this.part("service").addEventListener("change", () => this.changeService());
  }

  part(name) { return byID(`${this.kind}-${name}`); }
  get mayOperate() { return this.role !== "viewer"; }
  get path() { return `/api/${encodeURIComponent(this.service)}`; }

  start(role) {
    this.stop();
    if (role !== this.role) this.clear();
    this.role = role;
    this.refresh();
    this.timer = setInterval(() => this.refresh(), this.milliseconds);
  }

  stop() { clearInterval(this.timer); }

  clear() {
    for (const entry of this.entries.values()) entry.node.remove();
    this.entries.clear();
  }

  changeService() {
    this.clear();
    this.refresh();
  }

  async refresh() {
    if (document.hidden || this.isBusy) return;
    this.isBusy = true;
    try {
      const { services } = await call("GET", "/api/services");
      const names = services.filter((one) => one.labels?.console === this.label).map((one) => one.name);
      offer(this.part("service"), names);
      this.part("none").hidden = names.length > 0;
      this.part("body").hidden = names.length === 0;
      if (names.length > 0) {
        this.service = this.part("service").value;
        await this.load();
      }
      showSentence(this.part("error"), this.refusal);
    } catch (refusal) {
      if (!(refusal instanceof Refusal)) throw refusal;
      showSentence(this.part("error"), refusal.message);
    } finally {
      this.isBusy = false;
    }
  }

  /** Makes the list show exactly these things, in their order: new entries are made, those that are there are shown anew. */
  async showAll(list, things, make, show) {
    const wanted = new Set(things.map((thing) => thing.id));
    for (const [id, entry] of this.entries) {
      if (wanted.has(id)) continue;
      entry.node.remove();
      this.entries.delete(id);
    }
    for (const [index, thing] of things.entries()) {
      let entry = this.entries.get(thing.id);
      if (!entry) {
        entry = make(thing);
        this.entries.set(thing.id, entry);
      }
      await show(entry, thing);
      if (list.children[index] !== entry.node) list.insertBefore(entry.node, list.children[index] ?? null);
    }
  }

  /** Does something that may be refused, and shows what came of it. */
  async attempt(body) {
    try {
      await body();
      this.refusal = null;
    } catch (refusal) {
      if (!(refusal instanceof Refusal)) throw refusal;
      this.refusal = refusal.message;
    }
    this.isBusy = false;
    await this.refresh();
  }
}
