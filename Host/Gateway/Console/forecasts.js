// Forecasts: the fan of a series against what happened, how good it was, and what it is made from.
import { call, query, Refusal, siteNow } from "./api.js";
import { age, byID, element, offer, setState, setText, showSentence } from "./dom.js";
import { bands, FanChart, short } from "./fan.js";

const hour = 3_600_000;
const leads = [["day-ahead", "Day ahead"], ["6h", "6 h before"], ["1h", "1 h before"], ["3d", "3 days before"], ["6d", "6 days before"]];
const names = ["q50", ...bands.flatMap(({ low, high }) => [low, high])];
const quote = (text) => `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
const name = (text) => `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
const duel = ({ duel: one, unit }) => (one.intervals > 0
  ? `pinball ${short(one.pinball)} against ${short(one.pinball_answering)} ${unit} on ${one.intervals} intervals`
  : "nothing that both forecast has come true yet");
const percent = (value) => (Number.isFinite(value) ? `${(value * 100).toFixed(0)} %` : "–");
const qualities = { good: ["good", "Good"], degraded: ["warn", "Degraded"], "cold-start": ["warn", "New: too little history"], waiting: ["idle", "Waiting for its first model"], none: ["bad", "No forecast"] };

export class ForecastsView {
  timer = 0;
  series = [];

  constructor() {
    this.chart = new FanChart(byID("forecast-chart"));
    for (const id of ["forecast-service", "forecast-series", "forecast-lead"]) byID(id).addEventListener("change", () => this.refresh());
    byID("forecast-train").addEventListener("click", () => this.train());
  }

  start(role) {
    this.role = role;
    this.stop();
    this.refresh();
    this.timer = setInterval(() => { if (!document.hidden) this.refresh(); }, 5000);
  }

  stop() { clearInterval(this.timer); }
  recolour() {
    this.chart.recolour();
    if (this.drawn) this.chart.draw(this.drawn);
  }

  async refresh() {
    if (this.isBusy) { this.isWanted = true; return; }
    this.isBusy = true;
    try {
      const { services } = await call("GET", "/api/services");
      const found = services.filter((one) => one.labels?.console === "forecast").map((one) => one.name);
      offer(byID("forecast-service"), found);
      byID("forecast-service").parentElement.hidden = found.length < 2;
      byID("forecast-empty").hidden = found.length > 0;
      byID("forecast-body").hidden = found.length === 0;
      if (found.length > 0) await this.load(byID("forecast-service").value);
      showSentence(byID("forecast-error"), null);
    } catch (refusal) {
      if (!(refusal instanceof Refusal)) throw refusal;
      showSentence(byID("forecast-error"), refusal.message);
      setState(byID("forecast-state"), "bad", "No forecast");
    } finally {
      this.isBusy = false;
    }
    if (this.isWanted) {
      this.isWanted = false;
      this.refresh();
    }
  }

  async load(service) {
    const path = `/api/${encodeURIComponent(service)}`;
    const list = await call("GET", `${path}/series`);
    this.service = service;
    this.series = list.series;
    offer(byID("forecast-series"), list.series.map((one) => one.name));
    const one = list.series.find((each) => each.name === byID("forecast-series").value);
    if (!one) return;
    const [{ jobs }, model] = await Promise.all([
      call("GET", `${path}/jobs`),
      one.model_version ? call("GET", `${path}/series/${encodeURIComponent(one.name)}/model`) : null,
    ]);
    await this.draw(list, one);
    this.showState(one, jobs);
    this.showScores(one);
    this.showModel(one, model);
    this.showJobs(jobs.filter((job) => job.series === one.name));
  }

  /** The fan of the past as it was forecast with the chosen lead, that of the future as of now, and what happened, all from the store. */
  async draw(list, one) {
    const now = siteNow();
    const [begin, end] = [now - 48 * hour, now + 48 * hour];
    const lead = byID("forecast-lead").value;
    const fields = names.map((each) => name(each)).join(", ");
    const from = name(list.measurement);
    const where = `"series" = ${quote(one.name)}`;
    const [past, future, happened] = await query([
      `SELECT ${fields} FROM ${from} WHERE ${where} AND "lead" = ${quote(lead)} AND time > now() - 48h AND time < now() + 36h`,
      `SELECT ${fields} FROM ${from} WHERE ${where} AND "lead" = 'latest' AND time > now() - 1h AND time < now() + 48h`,
      `SELECT "value" FROM ${name(list.input_measurement)} WHERE ${where} AND time > now() - 48h`,
    ].join("; "));
    const ahead = table(future).filter((row) => row.time > now - one.step_minutes * 60_000);
    const first = ahead[0]?.time ?? Infinity;
    const all = [...table(past).filter((row) => row.time < first), ...ahead];
    const gap = one.step_minutes * 60_000 * 1.5;
    const rows = Object.fromEntries(names.filter((each) => all.some((row) => Number.isFinite(row[each])))
      .map((each) => [each, broken(all.map((row) => ({ x: row.time, y: row[each] ?? NaN })), gap)]));
    const actual = broken(table(happened).map((row) => ({ x: row.time, y: row.value })), gap);
    this.drawn = { rows, actual, now, begin, end, unit: one.unit };
    this.chart.draw(this.drawn);
    const canvas = byID("forecast-chart");
    canvas.dataset.forecast = all.length;
    canvas.dataset.happened = actual.length;
    setText(byID("forecast-caption"), one.name);
    setText(byID("forecast-unit"), one.unit);
  }

  showState(one, jobs) {
    const running = jobs.find((job) => job.series === one.name && job.state === "running");
    const [tone, word] = qualities[one.quality] ?? ["idle", one.quality];
    setState(byID("forecast-state"), tone, one.problem ?? (one.flags?.length && tone === "warn" ? `${word}: ${one.flags.join(", ")}` : word));
    const score = one.scores?.["day-ahead"] ?? one.scores?.["6h"] ?? one.scores?.["1h"];
    setText(byID("forecast-mae"), score ? `${short(score.mae)} ${one.unit}` : "–");
    setText(byID("forecast-coverage"), percent(score?.coverage_80));
    byID("forecast-coverage").dataset.tone = score && (score.coverage_80 < 0.7 || score.coverage_80 > 0.92) && score.intervals > 90 ? "warn" : "";
    setText(byID("forecast-skill"), percent(score?.skill));
    setText(byID("forecast-age"), one.issued ? age(siteNow() - Date.parse(one.issued)) : "–");
    const silent = byID("forecast-silent");
    showSentence(silent, one.silent.length > 0 ? `Silent: ${one.silent.join(", ")}. Without it the sum is not known` : null);
    const button = byID("forecast-train");
    button.hidden = !["engineer", "admin"].includes(this.role);
    button.disabled = Boolean(running);
    setText(button, running ? `Training: ${running.stage}, ${Math.round(running.progress * 100)} %` : "Train anew");
  }

  showScores(one) {
    const rows = leads.map(([lead, word]) => [word, one.scores?.[lead]]).filter(([, score]) => score);
    byID("forecast-no-scores").hidden = rows.length > 0;
    byID("forecast-scores").replaceChildren(...rows.map(([word, score]) => element("tr", {},
      element("th", { scope: "row" }, word), ...[short(score.pinball), short(score.mae), percent(score.coverage_80), percent(score.coverage_90), percent(score.skill)]
        .map((text) => element("td", {}, text)))));
  }

  showModel(one, model) {
    byID("forecast-no-model").hidden = Boolean(model);
    const facts = !model ? [] : [
      ["Version", `${model.version}, since ${when(model.serves_since)}`], ["Learnt from", `${day(model.data_from)} to ${day(model.data_through)}`],
      ["Why", model.reason], ["Back-test", Number.isFinite(model.backtest.pinball) ? `pinball ${short(model.backtest.pinball)} ${one.unit}, ${percent(model.backtest.skill)} better than naive` : "too little history"],
      ...(one.duel ? [["Judged against it", `version ${one.duel.version}: ${duel(one)}`]] : []),
      ...model.notes.slice(0, 4).map((note) => ["Readings", note]),
    ];
    byID("forecast-facts").replaceChildren(...facts.map(([term, text]) => element("div", {}, element("dt", {}, term), element("dd", {}, text))));
    bars(byID("forecast-members"), Object.entries(one.members ?? {}));
    bars(byID("forecast-importance"), Object.entries(model?.importance ?? {}).slice(0, 8));
    byID("forecast-importance-title").hidden = !model || Object.keys(model.importance).length === 0;
  }

  showJobs(jobs) {
    byID("forecast-no-jobs").hidden = jobs.length > 0;
    byID("forecast-jobs").replaceChildren(...jobs.slice(0, 5).map((job) => {
      const tone = { succeeded: "good", failed: "bad", running: "idle", queued: "idle", cancelled: "idle" }[job.state];
      return element("li", {}, element("span", { class: "state", "data-tone": tone }, element("i", { class: "lamp" }), element("span", {}, job.state)),
        element("span", {}, element("span", {}, job.reason), element("span", { class: "quiet" }, ` ${job.result}`)), element("span", { class: "quiet" }, when(job.queued_at)));
    }));
  }

  async train() {
    try {
      await call("POST", `/api/${encodeURIComponent(this.service)}/series/${encodeURIComponent(byID("forecast-series").value)}/train`, { json: {} });
      await this.refresh();
    } catch (refusal) {
      showSentence(byID("forecast-error"), refusal.message);
    }
  }
}

const moment = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", hour12: false });
const date = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", year: "numeric" });
const when = (text) => moment.format(Date.parse(text));
const day = (text) => date.format(Date.parse(text));

/** The rows of a query's first series as objects. */
function table(result) {
  if (result?.error) throw new Refusal(400, result.error);
  const series = result?.series?.[0];
  return (series?.values ?? []).map((row) => Object.fromEntries(series.columns.map((column, index) => [column, row[index]])));
}

/** Breaks a line where intervals are missing. */
function broken(points, gap) {
  const result = [];
  for (const point of points) {
    const last = result.at(-1);
    if (last && point.x - last.x > gap) result.push({ x: last.x + 1, y: NaN });
    result.push(point);
  }
  return result;
}

function bars(list, shares) {
  const most = Math.max(...shares.map(([, share]) => share), 0);
  list.replaceChildren(...shares.map(([word, share]) => {
    const fill = element("i");
    fill.style.width = `${most > 0 ? (share / most) * 100 : 0}%`;
    return element("li", {}, element("span", {}, word), element("span", { class: "meter" }, fill), element("span", { class: "number" }, percent(share)));
  }));
}
