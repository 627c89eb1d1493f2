"""Makes ready fine-tuning batches in worker processes and puts them into a spool folder; `finetune.py` takes them from there.

Separate from the training so that batches can be made while the card pre-trains. One batch a file, S-NUMBER.npz: meta int16
[4,B,S] (ids, positions, prefix numbers with -1 for padding, type numbers), links int32 (flat indices b*S*S + i*S + j),
margin float32 [B].
usage: sample.py TASKS... --spool DIR [--workers N] [--limit BATCHES]"""
import argparse
import collections
import gc
import multiprocessing
import os
import random
import sys
import time
import numpy as np
import rows
from examples import Example
from labels import Rewordings
from layout import HINT_POSITIONS, Layout
from sampler import Sampler
from tokenizer import Tok, VOCAB
import variants

BUCKETS = (32, 48, 64, 96, 128, 192, 256, 384, 512)
MADE = ("weak_", "scene_")              # how the names of made-up sources begin
TOKENS = 24576                          # cells of a batch, a multiple of 3 * 512
# model.link_loss says what it is. "made": labels that a task set does not have; for a label that the model does not know F1 is best far below even odds.
MARGIN = {"nested": .45, "reading": .27, "flat": .18, "made": .4, "classify": 0., "multiclassify": .9}


def margin_of(ex):
    if ex.kind:
        return MARGIN["classify" if ex.kind == 1 else "multiclassify"]
    if any(ex.schema.values()):
        return MARGIN["nested"]
    if any(t.endswith(("？", "?")) for t in ex.schema):
        return MARGIN["reading"]
    return MARGIN["made" if ex.source.startswith(MADE) else "flat"]


def hint_height(row):
    """positions of the hint: that of the first [SEP]"""
    _, pos, pfx = row[:3]
    return pos[pfx.index(0, 1)]


def pack(batch, S, margins):
    B = len(batch)
    meta = np.zeros((4, B, S), np.int16)
    meta[2] = -1
    links = []
    for n, (ids, pos, pfx, typ, pairs) in enumerate(batch):
        L = len(ids)
        meta[0, n, :L], meta[1, n, :L], meta[2, n, :L], meta[3, n, :L] = ids, pos, pfx, typ
        o = n * S * S
        links += [o + i * S + j for i, j in pairs]
    return dict(meta=meta, links=np.array(links, np.int32), margin=np.array(margins, np.float32))


def worker(number, seed, sources, weights, sampler_of, spool, tokens, limit):
    rng = random.Random(seed + number)
    sampler = sampler_of(rng)
    names = list(sources)
    w = [weights[n] for n in names]
    order = {n: [] for n in names}
    bins = {S: [] for S in BUCKETS}
    count, parent = 0, os.getppid()
    while os.getppid() == parent:           # a killed parent cannot end its workers
        for n in rng.choices(names, w, k=256):
            if not order[n]:
                order[n] = list(range(len(sources[n])))
                rng.shuffle(order[n])
            ex = sources[n][order[n].pop()]
            for r in sampler.rows(ex, sources[n]):
                S = next((b for b in BUCKETS if b >= len(r[0])), None)
                if S is None or hint_height(r) > HINT_POSITIONS:
                    continue
                bins[S].append((r, margin_of(ex)))
                if len(bins[S]) == tokens // S:
                    path = "%s/%d-%02d-%06d.npz" % (spool, S, number, count)
                    with open(path + ".part", "wb") as f:
                        np.savez(f, **pack([b for b, _ in bins[S]], S, [m for _, m in bins[S]]))
                    os.replace(path + ".part", path)
                    bins[S] = []
                    count += 1
        while os.getppid() == parent and len(os.listdir(spool)) > limit:
            time.sleep(.5)


def encode_file(job):
    path, schemas, limit = job
    layout = Layout(Tok(VOCAB))
    return [Example(r, layout) for r in rows.load(path, schemas, limit)]


def source_weights(sources, temperature, made_share, boost):
    """n ** temperature; made-up sources (weak_*, scene_*) together take made_share"""
    w = {n: len(v) ** temperature * boost.get(n, 1.) for n, v in sources.items()}
    made = [n for n in w if n.startswith(MADE)]
    if made and len(made) < len(w):
        have, want = sum(w[n] for n in made), sum(w.values())
        scale = made_share / (1 - made_share) * (want - have) / have
        for n in made:
            w[n] *= scale
    return w


def hidden_labels(schemas):
    """labels of schemas named *unseen*: never shown in training, under any wording"""
    return sorted({k for n, s in schemas.items() if "unseen" in n and isinstance(s, dict) for k in s})


def main(argv=None):
    ap = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    ap.add_argument("tasks", nargs="+", help="folders with train/*.jsonl[.xz] and perhaps schemas.json")
    ap.add_argument("--spool", required=True)
    ap.add_argument("--workers", type=int, default=max(1, (os.cpu_count() or 2) - 1))
    ap.add_argument("--tokens", type=int, default=TOKENS)
    ap.add_argument("--limit", type=int, default=30000, help="batches in the spool before the workers wait")
    ap.add_argument("--rows", type=int, default=0, help="rows of each file, 0: all")
    ap.add_argument("--temperature", type=float, default=.5)
    ap.add_argument("--made-share", type=float, default=.2)
    ap.add_argument("--boost", default="", help="NAME=FACTOR,... on the weights of sources")
    ap.add_argument("--only", default="", help="comma list of sources; empty: all")
    ap.add_argument("--without", default="", help="comma list of sources left out")
    ap.add_argument("--seed", type=int, default=1)
    a = ap.parse_args(argv)
    start = time.time()
    os.makedirs(a.spool, exist_ok=True)
    context = multiprocessing.get_context("fork")
    schemas = {k: v for t in a.tasks for k, v in rows.load_schemas(t).items()}
    jobs = [(p, schemas, a.rows) for t in a.tasks for p in rows.files(t, "train")]
    jobs.sort(key=lambda j: os.path.getsize(j[0]), reverse=True)
    with context.Pool(min(len(jobs), os.cpu_count() or 1)) as pool:
        examples = [e for part in pool.imap_unordered(encode_file, jobs, 1) for e in part]
    examples.sort(key=lambda e: (e.source, e.text))       # the order in which the pool ended must not show
    only, without = set(filter(None, a.only.split(","))), set(filter(None, a.without.split(",")))
    sources = collections.defaultdict(list)
    for e in examples:
        if (not only or e.source in only) and e.source not in without:
            sources[e.source].append(e)
    if not sources:
        sys.exit("no training rows under " + " ".join(a.tasks))
    boost = dict((k, float(v)) for k, v in (x.split("=") for x in a.boost.split(",") if x))
    weights = source_weights(sources, a.temperature, a.made_share, boost)
    total = sum(weights.values())
    print("%d rows of %d sources, %.1f s" % (len(examples), len(sources), time.time() - start), flush=True)
    print("shares: " + ", ".join("%s %.3f" % (n, weights[n] / total) for n in sorted(sources)), flush=True)
    hidden = hidden_labels(schemas)
    foreign = sorted({t for v in sources.values() if v[0].kind or any("事件触发词" in t for t in v[0].schema)
                      for e in v[:2000] for t in e.schema if len(t) <= 12 and not any(h in t for h in hidden)})[:5000]
    rewordings, layout = Rewordings(hidden), Layout(Tok(VOCAB))
    tables = variants.tables(layout.t)

    def sampler_of(rng):
        return Sampler(layout, rewordings, foreign, tables, rng)
    del examples
    gc.collect()
    gc.freeze()
    workers = [context.Process(target=worker, args=(i, 1000 * a.seed, sources, weights, sampler_of, a.spool, a.tokens, a.limit),
                               daemon=True) for i in range(a.workers)]
    for w in workers:
        w.start()
    for w in workers:
        w.join()


if __name__ == "__main__":
    main()
