"""A relation row: a text, questions subject -> relation, and the pairs of spans that answer them.

A leaf is the lower half of a question: the relation, at times with the label
of its object in brackets.
"""
from scene_files import as_list
from scene_pool import bigrams, clash
from scene_text import build, item, labels_of, makes_of


def relation_row(pool, r):
    # Several subjects of one kind in most texts: whose object is it, is what a model gets wrong first.
    text, pieces = build(r, pool.choose(r, pool.related, False, .55))
    scene = pieces[0].scene
    used = {index for piece in pieces for index, _, _ in pairs(piece)}
    tree, answered = right_questions(r, scene, used)
    wanted = [(subject, leaf) for subject, leaves in tree.items() for leaf in leaves]
    add_wrong_questions(pool, r, pieces, tree)
    if not tree or not answered and r.random() < .6:
        return None
    subjects = list(tree)
    r.shuffle(subjects)
    schema = {}
    for subject in subjects:
        leaves = list(tree[subject])
        r.shuffle(leaves)
        schema[subject] = dict.fromkeys(leaves)
    return text, schema, answers(text, pieces, schema, wanted)


def pairs(piece):
    """(relation index, subject name, object name) of one piece"""
    found = []
    for index, relation in enumerate(piece.scene.relations):
        subjects = [name for name in piece.key if piece.key[name] == relation["subject"]]
        objects = [name for name in piece.key if piece.key[name] == relation["object"]]
        for subject in subjects:
            # of several subjects each belongs to the object of the same number
            number = subject[len(relation["subject"]):]
            same = [name for name in objects if name[len(relation["object"]):] == number]
            if len(subjects) == 1 or not same:
                same = objects if len(subjects) == 1 or len(objects) == 1 else []
            found += [(index, subject, name) for name in same if name != subject]
    return found


def right_questions(r, scene, used):
    """{subject label: leaves}, and whether the text answers any; USED are the relations in it"""
    tree, answered = {}, False
    subject_labels = {}  # one for each subject slot
    only_wrong = r.random() < .05
    keep = 1.0 if r.random() < .6 else r.choice([.4, .6, .8])
    order = list(range(len(scene.relations)))
    r.shuffle(order)
    for index in order:
        relation = scene.relations[index]
        key = relation["subject"]
        if not scene.labels[key]:
            continue
        if key not in subject_labels:
            subject_labels[key] = subject_label(r, scene.labels[key], scene.all[key])
        chance = .3 if index not in used else 0 if only_wrong else keep
        if not (chance and r.random() < chance):
            continue
        leaf = leaf_of(r, as_list(relation["labels"]), scene.all[relation["object"]])
        leaves = tree.get(subject_labels[key], {})
        if index not in used and any(stem(x) == stem(leaf) for x in leaves):
            continue
        tree.setdefault(subject_labels[key], {})[leaf] = None
        answered = answered or index in used
    return tree, answered


def subject_label(r, own, labels):
    general = [label for label in labels if label not in own]
    if general and r.random() < .2 and "触发词" not in own[0]:
        return r.choice(general)
    return own[0] if r.random() < .4 else r.choice(own)


def leaf_of(r, names, labels):
    """a name of a relation, and the label of its object"""
    name = names[0] if r.random() < .35 else r.choice(names)
    if typed := [label for label in labels if "(" in label]:
        # opinion words: the polarity is part of the type
        return r.choice(typed) if name == stem(typed[0]) or r.random() < .6 else name
    if labels and r.random() < .5 and not name.endswith(")"):
        other = [label for label in labels if label != name] or labels
        return f"{name}({other[0] if r.random() < .5 else r.choice(other)})"
    return name


def stem(leaf):
    return leaf.split("(")[0]


def add_wrong_questions(pool, r, pieces, tree):
    """relations of other domains, under a subject of the tree or their own"""
    scene = pieces[0].scene
    present, makes = labels_of(pieces), makes_of(pieces)
    names = {label for relation in scene.relations for label in as_list(relation["labels"])}
    chars = set("".join(names | present))
    others = [domain for domain in sorted(pool.related_by_domain) if domain != scene.domain]
    for _ in range(r.choice([0, 0, 1, 1, 2, 3, 4]) + (2 if not tree else 0)):
        if not others:
            break
        other = r.choice(pool.related_by_domain[r.choice(others)])
        relation = r.choice(other.relations)
        name = r.choice(as_list(relation["labels"]))
        subjects, objects = other.labels[relation["subject"]], other.all[relation["object"]]
        if not subjects or clash(name, names) or any(bigrams(name) & bigrams(x) for x in names):
            continue
        if any("(" in label for label in objects):
            continue
        leaf = name
        if objects and r.random() < .5 and not name.endswith(")"):
            leaf += f"({r.choice(objects)})"
        if tree and r.random() < .4:
            subject = r.choice(sorted(tree))
            its_makes = set(other.makes[relation["object"]])
            if its_makes & makes or not its_makes and set(name) & chars or name in present:
                continue
            if "触发词" not in subject:
                tree[subject].setdefault(leaf, None)
            continue
        subject = r.choice(subjects)
        if not clash(subject, present | set(tree)) and subject not in pool.general:
            tree.setdefault(subject, {})[leaf] = None


def answers(text, pieces, schema, wanted):
    """paths that answer the wanted questions, and triggers of events without any, in the order of the text"""
    paths, lone = set(), {}
    for piece in pieces:
        for index, subject, name in pairs(piece):
            for label, leaf in wanted:
                if fits(piece.scene, index, label, leaf):
                    paths.add((*piece.places[subject][0], *piece.places[name][0], label, leaf))
        for name in piece.key:
            for label in schema:
                if "触发词" in label and label in piece.own(name):
                    lone.update(dict.fromkeys((start, end, label) for start, end in piece.places[name]))
    found = []
    for a, b, c, d, label, leaf in sorted(paths):
        found.append((a, c, [item(text, label, a, b), item(text, leaf, c, d)]))
        lone.pop((a, b, label), None)
    found += [(start, -1, [item(text, label, start, end)]) for start, end, label in lone]
    return [path for _, _, path in sorted(found, key=lambda entry: entry[:2])]


def fits(scene, index, label, leaf):
    """does relation INDEX of the scene answer the question label -> leaf?"""
    relation = scene.relations[index]
    if label not in scene.all[relation["subject"]]:
        return False
    names, labels = as_list(relation["labels"]), scene.all[relation["object"]]
    if leaf in names or leaf in labels and "(" in leaf:
        return True
    return any(leaf == f"{name}({x})" for name in names for x in labels)
