"""Answers the rows of a golden file anew with another model: tests/data/real after models/default has changed.

`decode.py` is an implementation of its own, so the server's tests compare two programs, not one with itself.
usage: golden.py OLD.jsonl[.xz] --model FOLDER --out NEW.jsonl[.xz]"""
import argparse
import json
import lzma
import random
import torch
import evaluate
import rows as tasks
from common import device, log
from decode import Decoder, Runner
from layout import Layout
from tokenizer import Tok, VOCAB

SMALLEST_MARGIN = 2e-3          # answers nearer to the threshold depend on the order of additions
MOST_TUPLES = 200
SAMPLED_CELLS, SAMPLED_QUERIES, SAMPLED_LINES = 24, 4, 4       # every fourth line keeps up to four encoder runs


class Recorder(Runner):
    """A runner that remembers each query: its row, its logits at some cells, and how near a link comes to the threshold."""

    def __init__(self, model, dev, seed):
        super().__init__(model, dev)
        self.rng, self.queries, self.margin = random.Random(seed), [], None

    def start(self):
        self.queries, self.margin = [], None

    def logits(self, jobs):
        found = super().logits(jobs)
        for (row, _), logits in zip(jobs, found[0].cpu()):
            n = len(row[0])
            self.record(logits[:n, :n], *row)
        return found

    def record(self, logits, ids, pos, pfx, typ, where, first):
        text = logits[first:, first:]
        for t in where:
            link = torch.minimum(text, torch.minimum(logits[first:, t][:, None], logits[t, first:][None, :]))
            smallest = link.abs().min().item()
            self.margin = smallest if self.margin is None else min(self.margin, smallest)
        n = len(ids)
        cells = sorted({(self.rng.randrange(n), self.rng.randrange(n)) for _ in range(SAMPLED_CELLS)})
        self.queries.append(dict(input_ids=ids, position_ids=pos, logits=[[i, j, round(logits[i, j].item(), 4)] for i, j in cells]))


def answered(line, decoder, recorder, keep_queries):
    """the line with this model's answer, or None where the answer is not firm enough for a test"""
    recorder.start()
    result = decoder.decode([line])[0]
    if recorder.margin < SMALLEST_MARGIN or len(result) > MOST_TUPLES:
        return None
    new = dict(id=line["id"], source=line["source"], text=line["text"], schema=line["schema"], result=result,
               num_queries=len(recorder.queries), margin=round(recorder.margin, 3))
    if keep_queries:
        new["queries"] = recorder.queries[:SAMPLED_QUERIES]
    return new


def main(argv=None):
    ap = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    ap.add_argument("old")
    ap.add_argument("--model", required=True)
    ap.add_argument("--out", required=True)
    ap.add_argument("--seed", type=int, default=1)
    a = ap.parse_args(argv)
    dev = device()
    torch.set_float32_matmul_precision("highest")
    recorder = Recorder(evaluate.load(a.model, dev), dev, a.seed)
    decoder = Decoder(Layout(Tok(VOCAB)), recorder)
    with tasks.open_any(a.old) as f:
        lines = [json.loads(line) for line in f]
    kept = 0
    opened = lzma.open(a.out, "wt", encoding="utf-8", preset=9) if a.out.endswith(".xz") else open(a.out, "w", encoding="utf-8")
    with opened as f:
        for number, line in enumerate(lines):
            new = answered(line, decoder, recorder, number % SAMPLED_LINES == 0)
            if new:
                f.write(json.dumps(new, ensure_ascii=False) + "\n")
                kept += 1
    log("%d of %d lines kept; the others lie too near the threshold" % (kept, len(lines)))


if __name__ == "__main__":
    main()
