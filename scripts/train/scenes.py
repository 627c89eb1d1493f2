"""Expand the template scenes in scenes/*.json into labelled training rows.

    python3 scenes.py OUT_DIR [--rows N] [--seed 1] [--list]

Writes OUT_DIR/train/scene_entities.jsonl, scene_relations.jsonl and, if any
file has "classify" entries, scene_classify.jsonl (N rows each).  --list shows
the names that "make" may take.  A slot {A2} that is not defined falls back to
the definition of {A} with another value.
"""
import argparse
import json
import os
import random

from scene_classify import classify_row
from scene_entities import entity_row
from scene_files import FORBIDDEN, SCENES, load, problems
from scene_pool import Pool
from scene_relations import relation_row
from scene_values import ALIAS, MAKE

# what the tests use, too
__all__ = ["FORBIDDEN", "MAKE", "SCENES", "main", "problems"]


def rows(source, task, make, n, r):
    """N different rows, or fewer if MAKE(r) -> (text, schema, answer) or None repeats itself too often"""
    seen = set()
    for _ in range(n * 4 + 100):
        if len(seen) == n:
            break
        made = make(r)
        if made is None:
            continue
        text, schema, answer = made
        # a text to classify may come back with other labels to choose from
        key = (text, tuple(schema)) if task == "classification" else text
        if key not in seen:
            yield {"id": f"{source}-train-{len(seen)}", "source": source, "task": task,
                   "text": text, "schema": schema, "answer": answer}
            seen.add(key)


def write(path, rows):
    n = 0
    with open(path, "w", encoding="utf-8") as f:
        for row in rows:
            f.write(json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n")
            n += 1
    print(path, n)


def main(argv=None):
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("out", nargs="?")
    ap.add_argument("--rows", type=int, default=40000)
    ap.add_argument("--seed", type=int, default=1)
    ap.add_argument("--list", action="store_true")
    ap.add_argument("--scenes", default=SCENES)
    a = ap.parse_args(argv)
    if a.list or not a.out:
        r = random.Random(1)
        for name in sorted(set(MAKE) - set(ALIAS)):
            print(name, MAKE[name](r), MAKE[name](r), sep="\t")
        return
    scenes, entries = load(a.scenes)
    pool = Pool(scenes)
    folder = os.path.join(a.out, "train")
    os.makedirs(folder, exist_ok=True)
    for source, task, kind, make, wanted in [
            ("scene_entities", "ner", "entity", lambda r: entity_row(pool, r), pool.scenes),
            ("scene_relations", "relation", "relation", lambda r: relation_row(pool, r), pool.related),
            ("scene_classify", "classification", "classify", lambda r: classify_row(entries, r), entries)]:
        if wanted:
            # each file has its own numbers, so that it does not depend on the others
            r = random.Random(f"{a.seed}-{kind}")
            write(os.path.join(folder, source + ".jsonl"), rows(source, task, make, a.rows, r))


if __name__ == "__main__":
    main()
