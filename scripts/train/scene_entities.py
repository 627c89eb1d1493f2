"""An entity row: a text, labels of what is in it, and some labels of what is not."""
from scene_files import forbidden
from scene_labels import AVOID, UNIVERSAL_LABELS
from scene_pool import bigrams, clash
from scene_text import build, item, labels_of, makes_of


def entity_row(pool, r):
    text, pieces = build(r, pool.choose(r, pool.scenes, True))
    present = [(piece, name) for piece in pieces for name in piece.places if piece.own(name)]
    only_wrong = r.random() < .05
    asked = [] if only_wrong or not present else right_labels(pool, r, pieces, present)
    n = r.choice([0, 0, 1, 2, 2, 3, 4, 5, 6, 8])
    if only_wrong or not asked:
        n = max(n, r.randint(1, 8))
    schema = list(dict.fromkeys(asked + wrong_labels(pool, r, pieces, asked, n)))
    if not schema:
        return None
    r.shuffle(schema)
    spans = sorted({(*with_title_marks(text, start, end), label) for piece, name in present for label in asked if label in piece.all(name)
                    for start, end in piece.places[name]})
    return text, dict.fromkeys(schema), [[item(text, label, start, end)] for start, end, label in spans]


def with_title_marks(text, start, end):
    """a title with its 《》: entity sources of news take the marks in, those of relations leave them out"""
    marked = text[start - 1:start] == "《" and text[end:end + 1] == "》"
    return (start - 1, end + 1) if marked else (start, end)


def right_labels(pool, r, pieces, present):
    """labels to ask for that something in the text answers"""
    makes = makes_of(pieces)
    mixed = len({piece.scene.domain for piece in pieces}) > 1

    def allowed(label):
        if forbidden(label) or AVOID.get(label, set()) & makes:
            return False
        if not mixed or label not in pool.general:
            return True
        # another domain may have such things under other names only
        similar = {make for piece, name in present if label in piece.all(name) for make in piece.makes(name)}
        return label in UNIVERSAL_LABELS and bool(similar) and all(
            label in piece.all(name) or piece.makes(name) and not set(piece.makes(name)) & similar for piece, name in present)

    asked, done = [], set()
    keep = 1.0 if r.random() < .65 else r.choice([.3, .5, .7])
    for piece, name in present:
        slot = (id(piece.scene), piece.key[name])
        if slot in done:
            continue
        done.add(slot)
        if r.random() > keep:
            continue
        own = [label for label in piece.own(name) if allowed(label)]
        # a label with something in brackets, as a polarity, is asked for only where there is no other
        if flat := [label for label in piece.all(name) if "(" not in label and allowed(label)]:
            own = [label for label in own if "(" not in label] or flat
        general = [label for label in piece.all(name) if label not in own and allowed(label)]
        if general and r.random() < .3:
            label = r.choice(general)
            if r.random() < .15 and own:
                asked.append(r.choice(own))
        elif own:
            label = own[0] if r.random() < .3 else r.choice(own)
        else:
            continue
        # a slot that is already asked for by a general label needs no second one, mostly
        if any(x in piece.all(name) for x in asked) and r.random() < .6:
            continue
        asked.append(label)
    return list(dict.fromkeys(asked))


def wrong_labels(pool, r, pieces, asked, n):
    """about N labels of things that the text surely does not have"""
    makes = makes_of(pieces)
    labels = labels_of(pieces) | set(asked)
    mine = {piece.scene.domain for piece in pieces}
    found = missing_slots(pool, r, pieces, labels, makes)
    if n and pool.opinions and r.random() < .05 and not labels & set(pool.opinions):
        label = r.choice(pool.opinions)
        if not clash(label, labels | set(found)):
            found.append(label)
    grams = set().union(*map(bigrams, labels))
    # characters in the labels of what is only listed: no generator tells what those values are
    chars = {char for piece in pieces for name, key in piece.key.items()
             if not piece.makes(name) or piece.scene.slots[key].get("values") for label in piece.all(name) for char in label}
    others = [domain for domain in pool.domains if domain not in mine]
    for _ in range(n * 6):
        if len(found) >= n or not others:
            break
        candidates = pool.wrong[r.choice(others)]
        if not candidates:
            continue
        label, its_makes = r.choice(candidates)
        if clash(label, labels) or label in found or AVOID.get(label, set()) & makes:
            continue
        near = set(its_makes) & makes
        general = label in pool.general
        if (near or not its_makes) and (general or bigrams(label) & grams):
            continue
        if not its_makes and set(label) & chars or general and len(mine) > 1:
            continue
        # its things are made like some of the text: not too often
        if near and r.random() < .5:
            continue
        found.append(label)
    return found


def missing_slots(pool, r, pieces, labels, makes):
    """labels of slots of the same scenes which this text does not have"""
    present = {(piece.scene, key) for piece in pieces for key in piece.key.values()}
    found = []
    for scene, key in dict.fromkeys((piece.scene, key) for piece in pieces for key in piece.scene.slots):
        if (scene, key) in present or r.random() >= .3 or not scene.labels[key]:
            continue
        label = r.choice(scene.labels[key])
        safe = label not in pool.general and "触发词" not in label and not AVOID.get(label, set()) & makes
        if safe and not clash(label, labels | set(found)):
            found.append(label)
    return found
