// What the platform leans on outside of this machine: the external broker of the databus and the storage engine. A site without them sees nothing.
import { call } from "./api.js";
import { age, asSentence, byID, bytes, element, grouped, setState, setText } from "./dom.js";

/** A problem as a person writes it; one that begins with an address stays as it is. */
const told = (problem) => /^https?:/.test(problem) ? `${problem}.` : asSentence(problem);

/** How long something is as it is. */
const lasting = (seconds) => `for ${age(seconds * 1000)}`;

class Card {
  constructor(id) {
    this.node = byID(id);
    this.state = this.node.querySelector(".state");
    this.since = this.node.querySelector(".since");
    this.problem = this.node.querySelector(".sentence");
    this.facts = this.node.querySelector(".facts");
  }

  hide() { this.node.hidden = true; }

  /** @param facts pairs of a name and a text; those without a text are left out. */
  show({ tone, word, seconds, problem, facts }) {
    setState(this.state, tone, word);
    setText(this.since, lasting(seconds));
    setText(this.problem, problem ? told(problem) : "");
    this.problem.hidden = !problem;
    const shown = facts.filter(([, text]) => text);
    while (this.facts.children.length > shown.length) this.facts.lastElementChild.remove();
    while (this.facts.children.length < shown.length) this.facts.append(element("div", {}, element("dt"), element("dd")));
    shown.forEach(([name, text], index) => {
      const [term, value] = this.facts.children[index].children;
      setText(term, name);
      setText(value, text);
    });
    this.node.hidden = false;
  }
}

export class OutsidePanel {
  panel = byID("outside");
  broker = new Card("outside-broker");
  engine = new Card("outside-engine");
  /** Of a site that leans on nothing, which stays so while the host runs. */
  isInside = false;

  async refresh() {
    if (this.isInside) return;
    const [databus, storage] = await Promise.all([call("GET", "/api/databus"), call("GET", "/api/storage")]);
    this.isInside = !databus.link && !storage.engine;
    if (databus.link) this.showBroker(databus.link);
    else this.broker.hide();
    if (storage.engine) this.showEngine(storage.engine);
    else this.engine.hide();
    this.panel.hidden = this.isInside;
    this.panel.classList.remove("is-stale");
  }

  /** What is shown is no longer known to hold. */
  setStale() { this.panel.classList.add("is-stale"); }

  showBroker(link) {
    const lost = link.sessions.filter((session) => !session.connected);
    const problem = link.problem ?? lost.map((session) => `${session.service}: ${session.problem ?? "not connected yet"}`)[0]
      ?? link.sessions.find((session) => session.problem)?.problem;
    const waiting = link.queued + link.in_flight;
    const sessions = link.sessions.map((session) => session.service + (session.connected ? "" : " (not connected)")).join(", ");
    const unacknowledged = link.sessions.reduce((sum, session) => sum + session.unacknowledged, link.unacknowledged);
    const received = link.sessions.reduce((sum, session) => sum + session.received, link.received);
    this.broker.show({
      tone: !link.connected ? "bad" : problem ? "warn" : "good", word: link.connected ? "connected" : "not connected", seconds: link.state_seconds, problem,
      facts: [
        ["Address", link.address],
        ["To send", waiting === 0 ? "nothing waits" : `${grouped(waiting)} messages, ${bytes(link.queued_bytes)}`],
        ["Dropped", link.dropped > 0 ? `${grouped(link.dropped)} at QoS 0` : ""],
        ["To acknowledge", unacknowledged > 0 ? `${grouped(unacknowledged)} messages wait for services` : "nothing waits"],
        ["Sent, received", `${grouped(link.sent)}, ${grouped(received)}`],
        ["Connections", `${grouped(link.connections)}, ${grouped(link.failures)} lost or failed`],
        ["Own sessions", sessions],
      ],
    });
  }

  showEngine(engine) {
    const share = engine.spool_limit_bytes > 0 ? Math.floor(100 * engine.spool_bytes / engine.spool_limit_bytes) : 0;
    const isFull = engine.spool_limit_bytes > 0 && engine.spool_bytes >= engine.spool_limit_bytes;
    this.engine.show({
      tone: engine.connected ? "good" : isFull ? "bad" : "warn", word: engine.connected ? "connected" : "takes no points", seconds: engine.state_seconds,
      problem: engine.problem && (isFull ? `${engine.problem}. The spool is full: new points are refused` : engine.problem),
      facts: [
        ["Engine", `${engine.product} at ${engine.address}`],
        ["Waiting", engine.waiting_points === 0 ? "nothing" : `${grouped(engine.waiting_points)} points, the oldest for ${age(engine.oldest_seconds * 1000)}`],
        ["Spool", `${bytes(engine.spool_bytes)} of ${bytes(engine.spool_limit_bytes)} (${share} %)`],
        ["Sent", `${grouped(engine.sent)} points`],
        ["Rejected", engine.rejected > 0 ? `${grouped(engine.rejected)} points` : ""],
      ],
    });
  }
}
