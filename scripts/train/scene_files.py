"""Read and check the scene files scenes/*.json: slots, templates, relations, texts to classify."""
import glob
import json
import os
import re
import sys

from scene_labels import UNIVERSAL
from scene_values import MAKE

SCENES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "scenes")
# Two concepts are kept as an unseen test: titles of books, and games.
FORBIDDEN = ("书名", "游戏", "图书名", "书籍名", "著作名", "书籍", "图书")
SLOT = re.compile(r"\{([A-Za-z_]+)(\d*)\}")


def as_list(x):
    return [] if x is None else [x] if isinstance(x, (str, dict)) else list(x)


def forbidden(label):
    return any(word in label for word in FORBIDDEN)


def base_of(slots, name, number):
    """key of the definition of slot NAME+NUMBER, or None"""
    full = name + number
    return full if full in slots else name if name in slots else None


def parse(template):
    """parts of a template: (text, None), or (name, number) of a slot"""
    parts, end = [], 0
    for match in SLOT.finditer(template):
        if match.start() > end:
            parts.append((template[end:match.start()], None))
        parts.append(match.groups())
        end = match.end()
    if end < len(template):
        parts.append((template[end:], None))
    return parts


class Scene:
    """One scene.  By slot key: labels are its own, all adds the general ones, makes are its generators."""

    def __init__(self, domain, data):
        self.domain = domain
        self.slots = data["slots"]
        self.relations = data.get("relations", [])
        self.labels, self.all, self.makes = {}, {}, {}
        for key, slot in self.slots.items():
            own, makes = as_list(slot.get("labels")), as_list(slot.get("make"))
            # listed values may be anything, so that what holds for the generator says nothing
            known = [label for make in makes for label in UNIVERSAL.get(make, ())] if own and not slot.get("values") else []
            self.labels[key], self.makes[key] = own, makes
            self.all[key] = list(dict.fromkeys(own + as_list(slot.get("general")) + known))
        self.parsed = [parse(template) for template in data["templates"]]


# ------------------------------------------------------------------ checking
def problems(data):
    """what is wrong with one scene file (list of strings)"""
    bad = []
    for number, scene in enumerate(data.get("scenes", [])):
        bad += [f"scene {number}: {problem}" for problem in scene_problems(scene)]
    for entry in as_list(data.get("classify")):
        bad += classify_problems(entry, class_slots(data, entry))
    return bad


def scene_problems(scene):
    slots = scene.get("slots", {})
    if not scene.get("templates"):
        yield "no templates"
    for key, slot in slots.items():
        yield from slot_problems(key, slot)
    for template in scene.get("templates", []):
        for name, number in SLOT.findall(template):
            if base_of(slots, name, number) is None:
                yield f"slot {name}{number} of {template!r} not defined"
        if set("{}") & set(SLOT.sub("", template)):
            yield f"stray brace in {template!r}"
    for relation in scene.get("relations", []):
        for end in ("subject", "object"):
            if relation.get(end) not in slots:
                yield f"relation {end} {relation.get(end)}"
        for label in as_list(relation.get("labels")) or [""]:
            if not label or forbidden(label):
                yield f"relation label {label!r}"


def slot_problems(key, slot):
    if not re.fullmatch(r"[A-Za-z_]+\d*", key):
        yield f"slot name {key}"
    for make in as_list(slot.get("make")):
        if make not in MAKE:
            yield f"unknown make {make}"
    if not slot.get("make") and not slot.get("values"):
        yield f"slot {key} has no values"
    for value in as_list(slot.get("values")):
        if not isinstance(value, str) or not value or value != value.strip():
            yield f"value {value!r}"
    for label in as_list(slot.get("labels")) + as_list(slot.get("general")):
        if not label or label != label.strip() or forbidden(label):
            yield f"label {label!r}"


def classify_problems(entry, slots):
    for label, texts in entry.get("labels", {}).items():
        if any(map(forbidden, [label, *as_list(entry.get("aliases", {}).get(label))])):
            yield f"classify label {label}"
        if not texts:
            yield f"classify label {label}: no texts"
        for text in texts:
            for name, number in SLOT.findall(text):
                if name not in MAKE and base_of(slots, name, number) is None:
                    yield f"classify: slot {name}{number} of {text!r} not defined"


def class_slots(data, entry):
    """slots that the texts to classify may use: those of the scenes, of the file, of the entry"""
    slots = {}
    for owner in [*data.get("scenes", []), data, entry]:
        slots.update(owner.get("slots", {}))
    return slots


# ------------------------------------------------------------------- loading
def load(folder):
    """(scenes, [(classify entry, its slots)]); what is bad is left out, the rest of its file stays"""
    scenes, classify = [], []
    for path in sorted(glob.glob(os.path.join(folder, "*.json"))):
        name = os.path.basename(path)
        try:
            with open(path, encoding="utf-8") as f:
                data = json.load(f)
        except ValueError as e:
            print(f"skipped {path}: {e}", file=sys.stderr)
            continue
        for scene in data.get("scenes", []):
            if bad := list(scene_problems(scene)):
                print(f"{name}: skipped a scene: {bad[:3]}", file=sys.stderr)
            else:
                scenes.append(Scene(data.get("domain", name), scene))
        for entry in as_list(data.get("classify")):
            slots = class_slots(data, entry)
            if bad := list(classify_problems(entry, slots)):
                print(f"{name}: skipped classify: {bad[:3]}", file=sys.stderr)
            elif len(entry["labels"]) >= 2:
                classify.append((entry, slots))
    return scenes, classify
