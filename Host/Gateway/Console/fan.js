// A fan chart over Chart.js: bands of quantiles, the median, and what happened.

const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const day = 86_400_000;
const dayName = new Intl.DateTimeFormat(undefined, { weekday: "short", day: "numeric", month: "short" });
const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", hour12: false });

/** The bands from the outside in: names of the lower and upper quantile, how opaque. */
export const bands = [
  { low: "q05", high: "q95", alpha: 0.14, word: "90 %" },
  { low: "q10", high: "q90", alpha: 0.16, word: "80 %" },
  { low: "q25", high: "q75", alpha: 0.24, word: "50 %" },
];

/** Draws a line where the present is, and says so. */
const present = {
  id: "present",
  afterDatasetsDraw(chart, _, { time }) {
    const { ctx, chartArea: area, scales: { x } } = chart;
    if (!area || !(time > x.min && time < x.max)) return;
    const at = x.getPixelForValue(time);
    ctx.save();
    ctx.strokeStyle = token("--line-strong");
    ctx.setLineDash([4, 4]);
    ctx.beginPath();
    ctx.moveTo(at, area.top);
    ctx.lineTo(at, area.bottom);
    ctx.stroke();
    ctx.fillStyle = token("--text-quiet");
    ctx.font = `11px ${token("--font")}`;
    ctx.textAlign = "left";
    ctx.fillText("now", at + 5, area.top + 11);
    ctx.restore();
  },
};

export class FanChart {
  constructor(canvas) {
    this.canvas = canvas;
    this.empty = canvas.parentElement.querySelector('[data-role="empty"]');
    this.chart = null;
  }

  recolour() {
    this.chart?.destroy();
    this.chart = null;
  }

  /**
   * @param rows {quantile name: [{x, y}]} of the forecast, by time.
   * @param actual [{x, y}], NaN where nothing is known.
   */
  draw({ rows, actual, now, begin, end, unit }) {
    const hasPoints = actual.length > 0 || (rows.q50?.length ?? 0) > 0;
    if (!window.Chart) {
      this.empty.hidden = false;
      this.empty.textContent = "Chart.js is not installed on the platform's machine: install the package libjs-chart.js and restart.";
      return;
    }
    this.empty.hidden = hasPoints;
    this.chart ??= this.create();
    this.unit = unit;
    this.chart.data.datasets = [...this.fan(rows), this.line("Forecast", rows.q50 ?? [], "--accent", 1.5), this.line("What happened", actual, "--text", 2)];
    const { x, y } = this.chart.options.scales;
    [x.min, x.max] = [begin, end];
    [y.suggestedMin, y.suggestedMax] = this.range(rows, actual);
    this.chart.options.plugins.present.time = now;
    this.chart.update("none");
  }

  fan(rows) {
    const colour = token("--accent");
    return bands.flatMap(({ low, high, alpha }) => {
      if (!rows[low] || !rows[high]) return [];
      const shade = `color-mix(in srgb, ${colour} ${Math.round(alpha * 100)}%, transparent)`;
      return [
        { label: low, data: rows[low], borderWidth: 0, fill: false, isBand: true },
        { label: high, data: rows[high], borderWidth: 0, fill: "-1", backgroundColor: mixed(colour, alpha, shade), isBand: true },
      ];
    });
  }

  line(label, data, colour, width) {
    return { label, data, borderColor: token(colour), backgroundColor: token(colour), borderWidth: width, fill: false };
  }

  range(rows, actual) {
    const all = [...(rows.q05 ?? rows.q50 ?? []), ...(rows.q95 ?? rows.q50 ?? []), ...actual].map((point) => point.y).filter(Number.isFinite);
    if (all.length === 0) return [0, 1];
    const [low, high] = [Math.min(...all), Math.max(...all)];
    const room = (high - low || Math.abs(high) || 1) * 0.06;
    return [low - (low === 0 ? 0 : room), high + room];
  }

  create() {
    const grid = { color: token("--line"), borderColor: token("--line-strong"), tickLength: 4 };
    const font = { family: token("--font"), size: 11 };
    const ticks = { color: token("--text-quiet"), font, maxRotation: 0, autoSkipPadding: 24 };
    return new window.Chart(this.canvas, {
      type: "line",
      data: { datasets: [] },
      plugins: [present],
      options: {
        animation: false, parsing: false, normalized: true, maintainAspectRatio: false, responsive: true, spanGaps: false,
        interaction: { mode: "nearest", axis: "x", intersect: false },
        elements: { point: { radius: 0, hitRadius: 6 }, line: { tension: 0 } },
        scales: {
          x: {
            type: "linear", grid, ticks: { ...ticks, callback: (value) => label(value) },
            afterBuildTicks: (axis) => { axis.ticks = localTicks(axis.min, axis.max); },
          },
          y: { grid, ticks: { ...ticks, maxTicksLimit: 8, callback: (value) => String(Number(value.toPrecision(4))) }, afterFit: (axis) => { axis.width = 64; } },
        },
        plugins: {
          legend: { display: false }, present: { time: 0 },
          tooltip: {
            animation: false, filter: (item) => !item.dataset.isBand, callbacks: {
              title: (items) => (items.length ? `${dayName.format(items[0].parsed.x)} ${clock.format(items[0].parsed.x)}` : ""),
              label: (item) => `${item.dataset.label}: ${short(item.parsed.y)} ${this.unit ?? ""}`,
              footer: (items) => (items.length ? this.interval(items[0].parsed.x) : ""),
            },
          },
        },
      },
    });
  }

  /** The 80 % interval at a time, for the tooltip. */
  interval(time) {
    const at = (name) => this.chart.data.datasets.find((set) => set.label === name)?.data.find((point) => point.x === time)?.y;
    const [low, high] = [at("q10"), at("q90")];
    return Number.isFinite(low) && Number.isFinite(high) ? `80 %: ${short(low)} to ${short(high)} ${this.unit ?? ""}` : "";
  }
}

/** A canvas knows no `color-mix` in older browsers: hexadecimal colours get their alpha as two digits more. */
function mixed(colour, alpha, fallback) {
  return /^#[0-9a-f]{6}$/i.test(colour) ? colour + Math.round(alpha * 255).toString(16).padStart(2, "0") : fallback;
}

/** Midnights of the viewer's clock, and hours between them where there is room. */
function localTicks(begin, end) {
  const step = end - begin > 4 * day ? 24 : end - begin > 2 * day ? 12 : 6;
  const tick = new Date(begin);
  tick.setHours(0, 0, 0, 0);
  const ticks = [];
  while (tick.getTime() <= end) {
    if (tick.getTime() >= begin) ticks.push({ value: tick.getTime() });
    tick.setHours(tick.getHours() + step);
  }
  return ticks;
}

const label = (time) => (new Date(time).getHours() === 0 ? dayName.format(time) : clock.format(time));

export function short(value) {
  if (!Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  return value.toFixed(size >= 1000 ? 0 : size >= 100 ? 1 : size >= 1 ? 2 : 3);
}
