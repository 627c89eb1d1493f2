"""Open entity labels: several pattern families in one schema, and families that do not occur."""

import re

from weak_common import passages, row
from weak_families import NAME, START, TITLE, UNNAMED, compiled, missed, trimmed

FAMILIES = compiled()
ONE_TITLE = re.compile(TITLE)


def spans(pattern, text):
    found = [(m, m.lastindex or 0) for m in pattern.finditer(text)]
    found = [(m, group) for m, group in found if m.group(group) and m.group(group).strip() == m.group(group)]
    if NAME not in pattern.pattern:
        return [part for m, group in found for part in one_title_each(text, *m.span(group))]
    places = [(trimmed(text, *m.span(group)) if START in pattern.pattern else m.start(group), m.end(group)) for m, group in found]
    return [(start, end) for start, end in places if not UNNAMED.search(text[start:end])]


def one_title_each(text, start, end):
    if text[start] != "《":
        return [(start, end)]
    return [m.span() for m in ONE_TITLE.finditer(text, start, end)]


def rows(block, rng):
    usual = {}  # how often a family was asked: rare ones are preferred
    for document in block.documents:
        for text in passages(document, rng, 20, 380):
            if rng.random() < 0.3 and len(text) < 60:
                continue  # short texts with one number are too many
            present, absent = [], []
            for number, (labels, pattern, cue) in enumerate(FAMILIES):
                if found := spans(pattern, text):
                    if not missed(pattern, text, len(found)):
                        present.append((number, labels, found))
                elif not cue.search(text):
                    absent.append(labels)
            if not present:
                # Rows without any answer come from texts that hold no family at all.
                if rng.random() > 0.03 or len(absent) < 6:
                    continue
            elif min(usual.get(number, 0) for number, _, _ in present) > 15 and rng.random() > 0.1:
                continue
            present.sort(key=lambda entry: (usual.get(entry[0], 0), rng.random()))
            asked = [] if present and rng.random() < 0.06 else present[:rng.choice((1, 2, 2, 3, 4))]
            schema, items, taken = [], [], set()
            for number, labels, found in asked:
                label = rng.choice(labels)
                if label in schema or any(set(labels) & set(FAMILIES[n][0]) for n in taken):
                    continue
                taken.add(number)
                usual[number] = usual.get(number, 0) + 1
                schema.append(label)
                items += [(label, start, end) for start, end in found]
            rng.shuffle(absent)
            schema += [rng.choice(labels) for labels in absent[:rng.choice((1, 1, 2, 3, 5))]]
            rng.shuffle(schema)
            yield row("ner", text, schema, items)
