// The single-line diagram: nodes as busbars coloured by voltage, branches coloured by loading, switches at their ends.

const svg = (name, attributes = {}) => {
  const node = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  return node;
};
const cell = { x: 96, y: 74 };
const bar = { half: 24, height: 7 };

/** Places for a grid that brings none: the tree from its sources, a level a row. */
export function treePlaces(grid) {
  const neighbours = new Map(grid.nodes.map((node) => [node.id, []]));
  for (const branch of grid.branches) {
    neighbours.get(branch.from)?.push(branch.to);
    neighbours.get(branch.to)?.push(branch.from);
  }
  const places = new Map();
  let column = 0;
  const place = (id, row) => {
    places.set(id, { x: 0, y: row });
    const children = (neighbours.get(id) ?? []).filter((other) => !places.has(other));
    const first = column;
    for (const child of children) if (!places.has(child)) place(child, row + 1);
    if (column === first) column += 1;
    places.get(id).x = (first + column - 1) / 2;
  };
  for (const source of grid.sources) if (!places.has(source.node)) place(source.node, 0);
  for (const node of grid.nodes) if (!places.has(node.id)) place(node.id, 0);
  return places;
}

/** Blue below, grey at, orange above the nominal voltage; full colour at ± 10 %. */
export function voltageColour(perUnit) {
  if (!Number.isFinite(perUnit)) return "var(--idle)";
  const share = Math.min(1, Math.abs(perUnit - 1) / 0.1) * 100;
  return `color-mix(in oklab, ${perUnit < 1 ? "var(--voltage-low)" : "var(--voltage-high)"} ${share.toFixed(0)}%, var(--voltage-nominal))`;
}

export function loadingTone(percent) {
  if (!Number.isFinite(percent)) return "none";
  if (percent > 100) return "bad";
  return percent > 80 ? "warn" : "normal";
}

export class Diagram {
  constructor(root, onChoose) {
    this.root = root;
    this.onChoose = onChoose;
    this.parts = new Map();
    this.ends = new Map();
  }

  /** Draws the grid anew; what changes with every estimate is set by show(). */
  build(grid) {
    this.parts.clear();
    this.ends.clear();
    const hasPlaces = grid.nodes.every((node) => Number.isFinite(node.x) && Number.isFinite(node.y));
    const places = hasPlaces ? new Map(grid.nodes.map((node) => [node.id, { x: node.x / 2, y: node.y / 2 }])) : treePlaces(grid);
    this.at = (id) => ({ x: places.get(id).x * cell.x, y: places.get(id).y * cell.y });
    const points = [...places.keys()].map((id) => this.at(id));
    const [left, right] = [Math.min(...points.map((p) => p.x)), Math.max(...points.map((p) => p.x))];
    const [top, bottom] = [Math.min(...points.map((p) => p.y)), Math.max(...points.map((p) => p.y))];
    const image = svg("svg", {
      viewBox: `${left - 62} ${top - 40} ${right - left + 124} ${bottom - top + 82}`, class: "diagram", role: "group",
      "aria-label": `Single-line diagram of ${grid.name}`,
    });
    const layers = ["branches", "switches", "nodes"].map((name) => svg("g", { class: name }));
    for (const branch of grid.branches) layers[0].append(this.branch(branch));
    for (const device of grid.switches) {
      const part = this.switch(device, grid);
      if (part) layers[1].append(part);
    }
    for (const node of grid.nodes) layers[2].append(this.node(node, grid));
    image.append(...layers);
    this.root.replaceChildren(image);
  }

  /** Something that a person can choose by mouse or keyboard. */
  choosable(kind, id, name, ...children) {
    const group = svg("g", { class: `part ${kind}`, tabindex: 0, role: "button", "aria-label": name });
    group.append(...children);
    group.addEventListener("click", () => this.onChoose(kind, id));
    group.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      this.onChoose(kind, id);
    });
    this.parts.set(`${kind} ${id}`, group);
    return group;
  }

  branch(branch) {
    const [from, to] = [this.at(branch.from), this.at(branch.to)];
    // Busbars lie across: a branch leaves downwards from the upper one, at the side that looks at the other.
    const lean = Math.max(-1, Math.min(1, (to.x - from.x) / cell.x)) * bar.half * 0.6;
    const ends = { from: { x: from.x + lean, y: from.y }, to: { x: to.x - lean, y: to.y } };
    this.ends.set(branch.id, { branch, ...ends });
    const geometry = { x1: ends.from.x, y1: ends.from.y, x2: ends.to.x, y2: ends.to.y };
    const children = [svg("line", { ...geometry, class: "hit" }), svg("line", { ...geometry, class: "wire" })];
    if (branch.kind === "transformer") {
      const middle = { x: (ends.from.x + ends.to.x) / 2, y: (ends.from.y + ends.to.y) / 2 };
      const length = Math.hypot(ends.to.x - ends.from.x, ends.to.y - ends.from.y) || 1;
      const step = { x: ((ends.to.x - ends.from.x) / length) * 5, y: ((ends.to.y - ends.from.y) / length) * 5 };
      for (const sign of [-1, 1]) {
        children.push(svg("circle", { cx: middle.x + sign * step.x, cy: middle.y + sign * step.y, r: 8.5, class: "winding" }));
      }
    }
    return this.choosable("branch", branch.id, `${branch.kind} ${branch.name}`, ...children);
  }

  /** A switch stands on its branch, near the node that it is at. */
  switch(device) {
    const end = this.ends.get(device.branch);
    if (!end) return null;
    const [near, far] = device.node === end.branch.from ? [end.from, end.to] : [end.to, end.from];
    const length = Math.hypot(far.x - near.x, far.y - near.y) || 1;
    const away = Math.min(17, length * 0.3);
    const [x, y] = [near.x + ((far.x - near.x) / length) * away, near.y + ((far.y - near.y) / length) * away];
    const box = svg("rect", { x: x - 4, y: y - 4, width: 8, height: 8, class: "box" });
    const hit = svg("circle", { cx: x, cy: y, r: 11, class: "hit" });
    return this.choosable("switch", device.id, `${device.kind} ${device.name}`, hit, box);
  }

  node(node, grid) {
    const { x, y } = this.at(node.id);
    const isSource = grid.sources.some((source) => source.node === node.id);
    const children = [svg("rect", { x: x - bar.half, y: y - bar.height / 2, width: bar.half * 2, height: bar.height, rx: 2, class: "bar" })];
    if (isSource) children.push(svg("path", { d: `M${x - 7} ${y - 22}h14v12h-14z M${x} ${y - 10}V${y - 3} M${x - 7} ${y - 22}l14 12 M${x + 7} ${y - 22}l-14 12`, class: "source" }));
    const label = svg("text", this.labelPlace(node.id, grid, isSource));
    const name = svg("tspan", { class: "name" });
    name.textContent = node.name;
    label.append(name, svg("tspan", { class: "value", dx: 5 }));
    children.push(label);
    return this.choosable("node", node.id, `node ${node.name}`, ...children);
  }

  /** Where the name of a busbar is in nobody's way: above it, on the side that no branch leaves from; below, where they leave from both. */
  labelPlace(id, grid, isSource) {
    const { x, y } = this.at(id);
    const others = grid.branches.filter((one) => one.from === id || one.to === id).map((one) => this.at(one.from === id ? one.to : one.from));
    const leaves = (side) => others.some((other) => other.y < y - 1 && (other.x - x) * side > 1);
    const beside = isSource ? 13 : 8;
    if (!leaves(1)) return { x: x + beside, y: y - 8 };
    if (!leaves(-1)) return { x: x - beside, y: y - 8, "text-anchor": "end" };
    return { x: x - bar.half, y: y + 17 };
  }

  /** Colours and values of an estimate. */
  show(state) {
    for (const node of state.nodes) {
      const part = this.parts.get(`node ${node.id}`);
      if (!part) continue;
      part.dataset.source = node.source;
      part.dataset.violation = node.violation ?? "";
      part.querySelector(".bar").style.fill = voltageColour(node.energised ? node.per_unit : NaN);
      part.querySelector(".value").textContent = node.energised ? (Number.isFinite(node.per_unit) ? [node.per_unit.toFixed(3), node.shown_phase].filter(Boolean).join(" ") : "?") : "dead";
    }
    for (const branch of state.branches) {
      const part = this.parts.get(`branch ${branch.id}`);
      if (!part) continue;
      part.dataset.tone = branch.energised ? loadingTone(branch.loading_percent) : "dead";
      part.style.setProperty("--weight", String(1.5 + Math.min(3.5, (branch.loading_percent ?? 0) / 30)));
    }
    for (const device of state.switches) {
      const part = this.parts.get(`switch ${device.id}`);
      if (part) part.dataset.position = device.position;
    }
  }

  choose(kind, id) {
    for (const part of this.parts.values()) part.classList.remove("is-chosen");
    this.parts.get(`${kind} ${id}`)?.classList.add("is-chosen");
  }
}
