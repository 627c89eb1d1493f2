// Spans of text: code point offsets in, drawable segments out. No DOM here.

// The literals that open a classification text; the model answers with the literal itself as the span.
export const PREFIXES = { extract: "", classify: "[CLASSIFY]", multiclassify: "[MULTICLASSIFY]" };

export const isClassification = (chain) => chain.every((item) => item.span === PREFIXES.classify || item.span === PREFIXES.multiclassify);

// Distinct (type, begin, end) of all tuples, longest first where two begin together, so that outer spans come before inner ones.
export function distinctSpans(chains) {
  const seen = new Map();
  for (const chain of chains) {
    for (const item of chain) {
      const [begin, end] = item.offset;
      if (end <= begin) continue;
      const key = `${item.type}\u0000${begin}\u0000${end}`;
      const known = seen.get(key);
      if (!known) seen.set(key, { type: item.type, begin, end, confidence: item.confidence });
      else known.confidence = Math.max(known.confidence, item.confidence);
    }
  }
  return [...seen.values()].sort((a, b) => a.begin - b.begin || b.end - a.end || (a.type < b.type ? -1 : 1));
}

// Gives each span the lowest lane that is free over its whole length, so that overlapping ones are drawn apart.
export function assignLanes(spans) {
  const lanes = []; // end of the last span of each lane
  for (const span of spans) {
    let lane = lanes.findIndex((end) => end <= span.begin);
    if (lane < 0) lane = lanes.push(0) - 1;
    lanes[lane] = span.end;
    span.lane = lane;
  }
  return lanes.length;
}

// Cuts the text at every span border: [{text, spans (covering), ending (spans that end here)}].
// Offsets count code points, so the text is taken apart by code points: "𠮷" is one.
export function segments(text, spans) {
  const points = Array.from(text);
  const borders = new Set([0, points.length]);
  for (const span of spans) {
    borders.add(Math.min(span.begin, points.length));
    borders.add(Math.min(span.end, points.length));
  }
  const cuts = [...borders].sort((a, b) => a - b);
  const result = [];
  for (let k = 0; k + 1 < cuts.length; ++k) {
    const [begin, end] = [cuts[k], cuts[k + 1]];
    const covering = spans.filter((span) => span.begin <= begin && span.end >= end);
    result.push({ text: points.slice(begin, end).join(""), spans: covering, ending: covering.filter((span) => span.end === end) });
  }
  return result;
}
