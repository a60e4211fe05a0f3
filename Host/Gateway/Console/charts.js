// Time charts over Chart.js, which the system's package provides.

const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const phaseTokens = { A: "--phase-a", B: "--phase-b", C: "--phase-c" };

export const phaseColour = (phase) => token(phaseTokens[phase] ?? "--single");
export const phaseClass = (phase) => ({ A: "phase-a", B: "phase-b", C: "phase-c" })[phase] ?? "single";

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false });
export const timeOfDay = (milliseconds) => clock.format(milliseconds);

/** A chart of the last `span` milliseconds in a canvas; says so when Chart.js is missing. */
export class TimeChart {
  constructor(canvas, { span, smallestRange, gap }) {
    this.canvas = canvas;
    this.span = span;
    this.smallestRange = smallestRange;
    this.gap = gap;
    this.empty = canvas.parentElement.querySelector('[data-role="empty"]');
    this.chart = null;
  }

  /** Draws series [{phase, points: [{x, y}]}] up to `now`. */
  draw(series, now) {
    const hasPoints = series.some((one) => one.points.length > 0);
    if (!window.Chart) {
      this.empty.hidden = false;
      this.empty.textContent = "Chart.js is not installed on the platform's machine: install the package libjs-chart.js and restart.";
      return;
    }
    this.empty.hidden = hasPoints;
    this.chart ??= this.create();
    const begin = now - this.span;
    this.chart.data.datasets = series.map((one) => this.dataset(one, begin));
    const { x, y } = this.chart.options.scales;
    x.min = begin;
    x.max = now;
    const [low, high] = this.range(this.chart.data.datasets);
    y.min = low;
    y.max = high;
    this.chart.update("none");
  }

  /** Takes the colours of the theme that holds now. */
  recolour() {
    this.chart?.destroy();
    this.chart = null;
  }

  dataset({ phase, points }, begin) {
    const visible = [];
    let previous = null;
    for (const point of points) {
      if (point.x < begin) continue;
      if (previous && point.x - previous.x > this.gap) visible.push({ x: point.x, y: NaN });
      visible.push(point);
      previous = point;
    }
    const colour = phaseColour(phase);
    return { label: phase, data: visible, borderColor: colour, backgroundColor: colour };
  }

  /** Limits with some room, and never so near that noise fills the chart. */
  range(datasets) {
    let low = Infinity;
    let high = -Infinity;
    for (const { data } of datasets) {
      for (const { y } of data) {
        if (y < low) low = y;
        if (y > high) high = y;
      }
    }
    if (low > high) return [0, 1];
    const middle = (low + high) / 2;
    const half = Math.max((high - low) * 0.6, this.smallestRange(middle) / 2);
    return [middle - half, middle + half];
  }

  /** Ticks at whole ten seconds or minutes, so that they move with the curve. */
  roundTimes(begin, end) {
    const step = this.span / 6 <= 10_000 ? 10_000 : 60_000;
    const ticks = [];
    for (let time = Math.ceil(begin / step) * step; time <= end; time += step) ticks.push({ value: time });
    return ticks;
  }

  create() {
    const grid = { color: token("--line"), borderColor: token("--line-strong"), tickLength: 4 };
    const font = { family: token("--font"), size: 11 };
    const ticks = { color: token("--text-quiet"), font, maxRotation: 0, autoSkipPadding: 24 };
    return new window.Chart(this.canvas, {
      type: "line",
      data: { datasets: [] },
      options: {
        animation: false, parsing: false, normalized: true, maintainAspectRatio: false, responsive: true,
        interaction: { mode: "nearest", axis: "x", intersect: false },
        elements: { point: { radius: 0, hitRadius: 6 }, line: { borderWidth: 1.5, tension: 0 } },
        scales: {
          x: {
            type: "linear", grid, ticks: { ...ticks, callback: (value) => timeOfDay(value) },
            afterBuildTicks: (axis) => { axis.ticks = this.roundTimes(axis.min, axis.max); },
          },
          y: {
            grid, ticks: { ...ticks, maxTicksLimit: 9, includeBounds: false, callback: (value) => shorten(value) },
            afterFit: (axis) => { axis.width = 64; },
          },
        },
        plugins: {
          legend: { display: false }, decimation: { enabled: false },
          tooltip: { animation: false, displayColors: true, callbacks: { title: (items) => (items.length ? timeOfDay(items[0].parsed.x) : "") } },
        },
      },
    });
  }
}

function shorten(value) {
  const size = Math.abs(value);
  const digits = size >= 10_000 ? 0 : size >= 1000 ? 1 : size >= 100 ? 2 : 3;
  return value.toFixed(digits);
}

/** How small a range of values may fill a chart, by the size of the values: 0.1 %, for angles and the like 0.01. */
export const smallestRange = (middle) => Math.max(Math.abs(middle) * 0.001, 0.01);
