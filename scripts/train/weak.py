"""Weakly supervised training rows from plain Chinese text.

python3 weak.py OUT_DIR --corpus FILE... [--tasks TASKS/train] [--jobs N] [--limit N] [--seed N]
"""

import argparse
import json
import lzma
import math
import multiprocessing
import os
import random
import re
from pathlib import Path

import weak_coref
import weak_def
import weak_idiom
import weak_kv
import weak_match
import weak_ner
import weak_next
import weak_read
import weak_topic
import weak_words
from weak_common import Block, Document
from weak_names import collect

GENERATORS = {
    "weak_ner": weak_ner.rows, "weak_kv": weak_kv.rows, "weak_def": weak_def.rows,
    "weak_read": weak_read.rows, "weak_idiom": weak_idiom.rows, "weak_next": weak_next.rows,
    "weak_coref": weak_coref.rows, "weak_match": weak_match.rows, "weak_topic": weak_topic.rows,
}
BLOCK_CHARACTERS = 400_000
MARK = re.compile(r"\[(?:MULTI)?CLASSIFY\]|（候选词）|\(代词\)")

blocks, settings = [], None  # read by the workers, which are forks


def opened(path):
    path = Path(path)
    return lzma.open(path, "rt", encoding="utf-8") if path.suffix == ".xz" else path.open(encoding="utf-8")


def corpus_documents(path):
    lines = []
    with opened(path) as file:
        for line in file:
            if line := line.strip():
                lines.append(line)
            elif lines:
                yield Document(lines)
                lines = []
    if lines:
        yield Document(lines)


def task_rows(folder):
    for path in sorted(Path(folder).glob("*.jsonl*")):
        with opened(path) as file:
            for line in file:
                yield path.name.split(".")[0], json.loads(line)


def task_documents(origin, row):
    text = MARK.sub("", row["text"]).lstrip("#")
    if "（成语填空）" in text:
        return
    # The two halves of a pair are texts of their own.
    halves = re.fullmatch(r"段落1：(.*)；段落2：(.*)", text, re.S)
    for part in halves.groups() if halves else [text]:
        if lines := [line.strip() for line in part.splitlines() if line.strip()]:
            yield Document(lines, origin)


def read(arguments):
    """All blocks. The cut depends on the texts alone, so the job count changes nothing."""
    documents = [d for path in arguments.corpus for d in corpus_documents(path)]
    idioms, names, seen = set(weak_words.IDIOMS), {}, set()
    for origin, row in task_rows(arguments.tasks) if arguments.tasks else ():
        if origin == "chid":
            idioms.update(row["schema"])
        collect(origin, row, names)
        for document in task_documents(origin, row):
            if (key := "\n".join(document.lines)) not in seen:
                seen.add(key)
                documents.append(document)
    random.Random(arguments.seed).shuffle(documents)
    idioms, found, size = sorted(idioms), [[]], 0
    for document in documents:
        if size > BLOCK_CHARACTERS:
            found.append([])
            size = 0
        found[-1].append(document)
        size += sum(map(len, document.lines))
    return [Block(part, idioms, names) for part in found]


def work(number):
    """Every generator's rows of one block. A quota keeps the blocks even and the run short."""
    result = {}
    quota = math.ceil(settings.limit * 1.5 / len(blocks)) + 5
    for name, rows in GENERATORS.items():
        rng = random.Random(f"{settings.seed} {number} {name}")
        kept = []
        for row in rows(blocks[number], rng):
            if row:
                kept.append(row)
            if len(kept) >= quota:
                break
        result[name] = kept
    return result


def main(argv=None):
    global blocks, settings
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out")
    parser.add_argument("--corpus", nargs="+", required=True)
    parser.add_argument("--tasks")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--limit", type=int, default=30000, help="rows per source")
    parser.add_argument("--seed", type=int, default=1)
    settings = parser.parse_args(argv)
    blocks = read(settings)
    collected = {name: {} for name in GENERATORS}  # keyed by content: no row twice
    with multiprocessing.get_context("fork").Pool(settings.jobs) as pool:
        for result in pool.imap(work, range(len(blocks))):
            for name, rows in result.items():
                for row in rows:
                    collected[name].setdefault((row["text"], *row["schema"]), row)
    folder = Path(settings.out) / "train"
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in collected.items():
        rows = list(rows.values())
        random.Random(f"{settings.seed} {name}").shuffle(rows)
        with (folder / f"{name}.jsonl").open("w", encoding="utf-8") as file:
            for number, row in enumerate(rows[:settings.limit]):
                head = {"id": f"{name}-train-{number}", "source": name}
                file.write(json.dumps(head | row, ensure_ascii=False, separators=(",", ":")) + "\n")
        empty = sum(not row["answer"] for row in rows[:settings.limit])
        print(f"{name}: {min(len(rows), settings.limit)} rows, {empty} without answer")


if __name__ == "__main__":
    main()
