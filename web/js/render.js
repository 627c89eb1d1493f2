// Draws an answer. Text from the user or the model only ever becomes text nodes.

import { assignLanes, distinctSpans, isClassification, segments } from "./spans.js";

const COLORS = ["#1f7a8c", "#c8553d", "#6a4c93", "#3b7d3a", "#b5651d", "#2f5ea8", "#a23b72", "#7a6a00", "#00806a", "#8c4a2f"];
const LANE_HEIGHT = 5; // pixels: a bar of 3 and a gap of 2

export function element(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "color") node.style.setProperty("--color", value);
    else node.setAttribute(name, value);
  }
  node.append(...children);
  return node;
}

// A color a type, the same for the whole answer, in the order of appearance.
export function colorMap(chains) {
  const colors = new Map();
  for (const chain of chains) {
    for (const { type } of chain) if (!colors.has(type)) colors.set(type, COLORS[colors.size % COLORS.length]);
  }
  return colors;
}

const percent = (value) => `${(value * 100).toFixed(1)} %`;

export function drawLabels(box, chains, colors) {
  const found = chains.filter(isClassification);
  box.replaceChildren(
    ...found.map((chain) => {
      const last = chain[chain.length - 1];
      return element("span", { class: "chip", color: colors.get(last.type) }, chain.map((item) => item.type).join(" / "),
        element("small", {}, percent(last.confidence)));
    }),
  );
  box.hidden = found.length === 0;
}

function drawSegment(segment, colors, lanes) {
  const node = element("span", { class: "seg" }, segment.text);
  if (segment.spans.length > 0) {
    node.style.setProperty("--lanes", `${lanes * LANE_HEIGHT}px`);
    node.style.backgroundImage = segment.spans.map((span) => `linear-gradient(${colors.get(span.type)}, ${colors.get(span.type)})`).join(",");
    node.style.backgroundSize = segment.spans.map(() => "100% 3px").join(",");
    node.style.backgroundPosition = segment.spans.map((span) => `0 calc(100% - ${(lanes - 1 - span.lane) * LANE_HEIGHT}px)`).join(",");
    node.title = segment.spans.map((span) => `${span.type} [${span.begin}, ${span.end}) ${percent(span.confidence)}`).join("\n");
  }
  return node;
}

export function drawMarked(box, text, chains, colors) {
  const spans = distinctSpans(chains.filter((chain) => !isClassification(chain)));
  const lanes = assignLanes(spans);
  box.replaceChildren();
  if (spans.length === 0) return;
  for (const segment of segments(text, spans)) {
    box.append(drawSegment(segment, colors, lanes));
    for (const span of segment.ending) box.append(element("span", { class: "tag", color: colors.get(span.type) }, span.type));
  }
}

const confidenceOf = (chain) => Math.min(...chain.map((item) => item.confidence));

function confidenceCell(chain) {
  const bar = element("i");
  bar.style.width = `${confidenceOf(chain) * 100}%`;
  return element("td", { class: "number" }, element("span", { class: "bar" }, bar), percent(confidenceOf(chain)));
}

export function drawTable(table, chains, colors) {
  const rows = chains.map((chain) =>
    element("tr", {},
      element("td", {}, ...chain.map((item) =>
        element("span", { class: "item" }, element("span", { class: "type", color: colors.get(item.type) }, item.type), item.span))),
      element("td", { class: "number" }, chain.map((item) => `${item.offset[0]}–${item.offset[1]}`).join(", ")),
      confidenceCell(chain)));
  table.tBodies[0].replaceChildren(...rows);
  table.hidden = rows.length === 0;
}

export const passing = (chains, threshold) => chains.filter((chain) => confidenceOf(chain) >= threshold);
