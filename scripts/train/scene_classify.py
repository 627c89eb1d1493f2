"""A classification row: one text of a label, and some labels of the same entry to choose from."""
from scene_files import as_list, base_of, parse
from scene_text import value

MARK = "[CLASSIFY]"


def classify_row(entries, r):
    entry, slots = r.choice(entries)
    labels = list(entry["labels"])
    right = r.choice(labels)
    text = expanded(r, r.choice(entry["labels"][right]), slots)
    others = [label for label in labels if label != right]
    r.shuffle(others)
    aliases = entry.get("aliases", {})
    asked = []
    for label in [right] + others[:r.randint(2, 11)]:
        name = r.choice(as_list(aliases[label])) if aliases.get(label) and r.random() < .5 else label
        if name in asked:
            name = label
        if name not in asked:
            asked.append(name)
    answer = asked[0]
    r.shuffle(asked)
    return MARK + text.strip(), dict.fromkeys(asked), [[{"type": answer, "span": MARK, "offset": [0, len(MARK)]}]]


def expanded(r, template, slots):
    text, values, used = "", {}, set()
    for part, number in parse(template):
        if number is None:
            text += part
            continue
        name = part + number
        if name not in values:
            key = base_of(slots, part, number)
            # a slot without a definition is the name of a generator
            values[name] = value(r, slots[key] if key else {"make": part}, used)
        text += values[name]
    return text
