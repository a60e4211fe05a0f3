// PMU messages, as the platform's devices send them:
// {"device", "timestamp", "readings": [{"component", "measurand", "phase", "data"}]}

// Those that are common to the phases are so also when a device names one phase with them.
export const measurands = {
  voltmagnitude: { label: "Voltage magnitude", unit: "V", digits: 2 },
  voltangle: { label: "Voltage angle", unit: "rad", digits: 4 },
  currmagnitude: { label: "Current magnitude", unit: "A", digits: 2 },
  currangle: { label: "Current angle", unit: "rad", digits: 4 },
  activepower: { label: "Active power", unit: "W", digits: 0 },
  reactivepower: { label: "Reactive power", unit: "var", digits: 0 },
  apparentpower: { label: "Apparent power", unit: "VA", digits: 0 },
  frequency: { label: "Frequency", unit: "Hz", digits: 3, isCommon: true },
  rocof: { label: "ROCOF", unit: "Hz/s", digits: 3, isCommon: true },
};

/** Measurands in the order above, unknown ones last. */
export function inOrder(names) {
  const order = Object.keys(measurands);
  const place = (name) => (order.includes(name) ? order.indexOf(name) : order.length);
  return [...names].sort((a, b) => place(a) - place(b) || a.localeCompare(b));
}

export function describe(measurand) { return measurands[measurand] ?? { label: measurand, unit: "", digits: 3 }; }

/** Milliseconds since 1970 of an ISO 8601 text or of epoch seconds, ms, µs or ns; NaN when it is neither. */
export function parseTime(value) {
  const text = String(value ?? "").trim();
  if (text === "") return NaN;
  const number = Number(text);
  if (!Number.isFinite(number)) {
    // Without an offset the time is UTC.
    return Date.parse(/(z|[+-]\d\d:?\d\d)$/i.test(text) ? text : text.replace(" ", "T") + "Z");
  }
  const size = Math.abs(number);
  if (size < 1e11) return number * 1e3;
  if (size < 1e14) return number;
  if (size < 1e17) return number / 1e3;
  return number / 1e6;
}

/** The readings of a live event as [{device, component, measurand, phase, value, time}]; none when it is no PMU message. */
export function parse(event) {
  const payload = event.payload;
  if (!payload || typeof payload !== "object" || !Array.isArray(payload.readings)) return [];
  const device = String(payload.device ?? event.topic);
  const measured = parseTime(payload.timestamp);
  // A clock that is wrong by minutes would put the readings outside of the chart.
  const time = Math.abs(measured - event.time) < 300_000 ? measured : event.time;
  const readings = [];
  for (const reading of payload.readings) {
    const text = reading?.data;
    const value = typeof text === "number" ? text : typeof text === "string" && text.trim() !== "" ? Number(text) : NaN;
    if (!Number.isFinite(value)) continue;
    readings.push({
      device, component: String(reading.component ?? ""), measurand: String(reading.measurand ?? ""),
      phase: String(reading.phase ?? "").toUpperCase(), value, time,
    });
  }
  return readings;
}

const capacity = 700;
const bufferedDevices = 50;

/** The last minute of every device, bounded; counts all points that came. */
export class ReadingStore {
  devices = new Map();
  arrived = 0;

  add(reading) {
    this.arrived = Date.now();
    let device = this.devices.get(reading.device);
    if (!device) {
      if (this.devices.size >= bufferedDevices) this.devices.delete(this.devices.keys().next().value);
      device = { series: new Map(), arrived: 0 };
      this.devices.set(reading.device, device);
    }
    device.arrived = this.arrived;
    const key = `${reading.measurand}\n${reading.phase}`;
    let series = device.series.get(key);
    if (!series) {
      series = { measurand: reading.measurand, phase: reading.phase, component: reading.component, points: [], received: 0 };
      device.series.set(key, series);
    }
    const { points } = series;
    // Of several components with the same measurand the first one is drawn.
    if (reading.component !== series.component) return;
    if (points.length > 0 && reading.time <= points[points.length - 1].x) return;
    points.push({ x: reading.time, y: reading.value });
    if (points.length > capacity) points.splice(0, points.length - capacity);
    series.received += 1;
  }

  series(device, measurand) {
    const all = this.devices.get(device)?.series.values() ?? [];
    return [...all].filter((series) => series.measurand === measurand).sort((a, b) => a.phase.localeCompare(b.phase));
  }

  measurandsOf(device) {
    const all = this.devices.get(device)?.series.values() ?? [];
    return [...new Set([...all].map((series) => series.measurand))];
  }
}
