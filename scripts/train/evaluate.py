"""Strict scores per source on task files, for use during training; `uie eval` is the measure that counts.

usage: evaluate.py --model FILE|FOLDER TASKS [--split dev] [--rows 250] [--out FILE.json] [--int8]"""
import argparse
import collections
import json
import random
import time
import torch
import rows as tasks
import weights
from common import device, log
from decode import Decoder, Runner
from layout import Layout
from model import Config, Rex
from tokenizer import Tok, VOCAB


def keys(answer):
    return {tuple((x["type"].strip(), x["span"], tuple(x["offset"])) for x in path) for path in answer}


def score(rows, answers):
    tp = fp = fn = good = 0
    for r, p in zip(rows, answers):
        gold, got = keys(r["answer"]), keys(p)
        tp += len(gold & got)
        fp += len(got - gold)
        fn += len(gold - got)
        good += gold == got
    p, r = tp / max(1, tp + fp), tp / max(1, tp + fn)
    return dict(precision=round(p, 4), recall=round(r, 4), f1=round(2 * p * r / max(1e-9, p + r), 4), exact=round(good / len(rows), 4))


def evaluate(model, dev, folder, split="dev", most=250, only=()):
    decoder = Decoder(Layout(Tok(VOCAB)), Runner(model, dev))
    schemas, by = tasks.load_schemas(folder), collections.defaultdict(list)
    for path in tasks.files(folder, split):
        for r in tasks.load(path, schemas):
            if not only or r["source"] in only:
                by[r["source"]].append(r)
    table = {}
    for source in sorted(by):
        rows = by[source]
        random.Random(3).shuffle(rows)
        rows = rows[:most]
        start = time.time()
        m = score(rows, decoder.decode(rows))
        m["classification"] = any("CLASSIFY]" in r["text"] for r in rows)
        m["score"] = m["exact"] if m["classification"] else m["f1"]
        table[source] = dict(task=rows[0]["task"], n=len(rows), **m)
        log("%-22s n %4d  P %.3f R %.3f  score %.3f  (%.1f s)" % (source, len(rows), m["precision"], m["recall"], m["score"], time.time() - start))
    mean = sum(m["score"] for m in table.values()) / max(1, len(table))
    log("mean over %d sources: %.4f" % (len(table), mean))
    return dict(mean=mean, sources=table)


def round_to_int8(model):
    with torch.no_grad():
        for p in model.parameters():
            if weights.stored_as_int8(p):
                q, scale = weights.int8_rows(p)
                p.copy_(q * scale[:, None])


def load(path, dev):
    state, config = weights.read(path)
    model = Rex(Config.make(**config), mlm=False).to(dev)
    missing = weights.load_into(model, state)
    if missing:
        raise SystemExit("%s lacks %s" % (path, missing[:6]))
    return model


def main(argv=None):
    ap = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    ap.add_argument("tasks")
    ap.add_argument("--model", required=True)
    ap.add_argument("--split", default="dev")
    ap.add_argument("--rows", type=int, default=250, help="most rows of a source")
    ap.add_argument("--only", default="", help="comma list of sources")
    ap.add_argument("--out", default="")
    ap.add_argument("--int8", action="store_true", help="weights rounded as they are stored")
    a = ap.parse_args(argv)
    dev = device()
    torch.set_float32_matmul_precision("highest")
    model = load(a.model, dev)
    if a.int8:
        round_to_int8(model)
    result = evaluate(model, dev, a.tasks, a.split, a.rows, set(filter(None, a.only.split(","))))
    if a.out:
        with open(a.out, "w", encoding="utf-8") as f:
            json.dump(result, f, ensure_ascii=False, indent=1)


if __name__ == "__main__":
    main()
