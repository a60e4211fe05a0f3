// A chart of a schedule over Chart.js: lines of what was measured, wanted and planned, with the present marked.
import { FanChart } from "./fan.js";

export class ScheduleChart extends FanChart {
  /**
   * @param lines [{label, data: [{x, y}], colour: a token's name, width, isStepped, dash}], by time; NaN where nothing is known.
   */
  drawLines({ lines, now, begin, end, unit, zero = false }) {
    const shown = lines.filter((line) => line.data.length > 0);
    this.draw({ rows: {}, actual: shown.flatMap((line) => line.data), now, begin, end, unit });
    if (!this.chart) return;
    this.chart.data.datasets = shown.map((line) => ({
      ...this.line(line.label, line.data, line.colour, line.width ?? 1.5), stepped: line.isStepped ? "before" : false, borderDash: line.dash ?? [],
    }));
    if (zero) this.chart.options.scales.y.suggestedMin = 0;
    this.chart.update("none");
  }
}
