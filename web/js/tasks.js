// Answers of named tasks as tuples of items, so that they are drawn like those of a schema. No DOM here.

import { PREFIXES } from "./spans.js";

const item = (type, mention) => ({ type, span: mention.text, offset: mention.offset, confidence: mention.confidence });

// A label is drawn as the model's own answer to a classification: the literal that opens the text.
const labelItem = (type, confidence) => ({ type, span: PREFIXES.classify, offset: [0, PREFIXES.classify.length], confidence });

const CHAINS = {
  entities: (e) => [[item(e.label, e)]],
  relations: (r) => [[item(r.subject.label, r.subject), item(r.relation, r.object)]],
  events: (e) => {
    const trigger = item(e.type, e.trigger);
    return e.arguments.length ? e.arguments.map((a) => [trigger, item(a.label, a)]) : [[trigger]];
  },
  aspects: (a) => {
    const opinion = item(a.polarity || "观点", a.opinion);
    return [a.aspect ? [item("属性", a.aspect), opinion] : [opinion]];
  },
  labels: (l) => [(l.path || [l.label]).map((name) => labelItem(name, l.confidence))],
  answers: (a) => [[item(a.question, a)]],
};

// {"ner": {"entities": […]}, …} → [[item, …], …]
export function chainsOf(tasks) {
  const chains = [];
  for (const answer of Object.values(tasks)) {
    for (const [kind, list] of Object.entries(answer)) {
      if (CHAINS[kind]) chains.push(...list.flatMap(CHAINS[kind]));
    }
  }
  return chains;
}
