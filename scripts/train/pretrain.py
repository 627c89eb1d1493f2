"""Masked-language pre-training from scratch or onwards, scheduled by wall clock or by steps.

Tokens (uint16 .npy, `tokenise.py`) live on the card; rows, masks and targets are made there. Rate: warm-up, flat, then 1 - sqrt to
zero, so that a run can be cut into a flat part and a falling part later. Resumes from OUT.part.
usage: pretrain.py --tokens-dir DIR --out FILE.pt (--seconds N | --steps N) [--init FILE|FOLDER | --layers 12 --hidden 448 --inner 1344]"""
import argparse
import glob
import math
import os
import time
import numpy as np
import torch
from common import RANK, WORLD, Clock, Progress, amp, compiler, device, log, parse_run, prepare, resume
from model import Config, Rex
from optim import Optimiser
from step import Step
from tokenizer import VOCAB
import weights

CLS, SEP, MASK, FIRST_WORD = 1, 2, 4, 106


class Corpus:
    """all token files on the card; the last 0.3 % (at most 500 k tokens) of the first file are held out"""

    def __init__(self, folder, dev):
        parts = [np.load(f).astype(np.int16) for f in sorted(glob.glob(folder + "/*.npy")) if not f.endswith(".part.npy")]
        if not parts:
            raise SystemExit("no token files in " + folder)
        h = min(500000, max(4096, int(len(parts[0]) * .003)))
        self.held = torch.from_numpy(parts[0][-h:].copy()).to(dev)
        parts[0] = parts[0][:-h]
        self.stream = torch.from_numpy(np.concatenate(parts)).to(dev)


class Masker:
    """rows of a stream with hidden places; span masks hide runs, whole words for Latin letters"""

    def __init__(self, vocabulary, dev, seed):
        self.dev, self.vocabulary = dev, vocabulary
        self.gen = torch.Generator(device=dev)
        self.gen.manual_seed(seed)
        piece = torch.zeros(65536, dtype=torch.bool)
        with open(VOCAB, encoding="utf-8") as f:
            for n, t in enumerate(f):
                piece[n] = t.startswith("##")
        self.piece = piece.to(dev)

    def rand(self, *shape):
        return torch.rand(*shape, device=self.dev, generator=self.gen)

    def rows(self, stream, starts, S):
        x = torch.empty(len(starts), S, dtype=torch.long, device=self.dev)
        x[:, 0], x[:, -1] = CLS, SEP
        x[:, 1:-1] = stream[starts[:, None] + torch.arange(S - 2, device=self.dev)].long()
        return x

    def hide(self, x, score, n):
        """the n best-scored places of each row: 80 % mask, 10 % another word, 10 % as it is. -> x, flat places, targets"""
        b, S = x.shape
        w = score.masked_fill(x[:, 1:-1] < 5, -1.).topk(n, 1).indices + 1
        target = x.gather(1, w)
        r = self.rand(b, n)
        other = torch.randint(FIRST_WORD, self.vocabulary, (b, n), device=self.dev, generator=self.gen)
        new = torch.where(r < .8, torch.full_like(target, MASK), torch.where(r < .9, other, target))
        return x.scatter(1, w, new), (w + torch.arange(b, device=self.dev)[:, None] * S).view(-1), target.view(-1)

    def single(self, x, rate):
        b, S = x.shape
        return self.hide(x, self.rand(b, S - 2), max(1, round((S - 2) * rate)))

    def spans(self, x, rate, share):
        """a share of the rows with spans (lengths 1, 2, 3, ...: 50, 25, 12, ... %), the others single places"""
        b, S = x.shape
        first = self.rand(b, S - 2) < .5
        spans = self.rand(b, 1) < share
        first = torch.where(spans, first & ~self.piece[x[:, 1:-1]], torch.ones_like(first))
        score = self.rand(b, S - 1).gather(1, first.long().cumsum(1))
        return self.hide(x, score, max(1, round((S - 2) * rate)))


class Batches:
    def __init__(self, corpus, masker, tokens, span_share):
        self.corpus, self.masker, self.tokens, self.span_share = corpus, masker, tokens, span_share
        self.orders = {}

    def take(self, S, rate):
        B, stream, m = max(2, self.tokens // S), self.corpus.stream, self.masker
        n = max(1, (len(stream) - S) // (S - 2) - 1)
        o = self.orders.get(S)
        if o is None or o[1] + B > len(o[0]):
            order = torch.randperm(n, device=m.dev, generator=m.gen)
            order = order.repeat(B // n + 1)
            o = self.orders[S] = [order, 0, int(torch.randint(0, S - 2, (1,), device=m.dev, generator=m.gen))]
        starts = o[0][o[1]:o[1] + B] * (S - 2) + o[2]
        o[1] += B
        return m.spans(m.rows(stream, starts, S), rate, self.span_share)


def held_loss(model, corpus, dev, S=256, B=256, rate=.18):
    """always the same rows and masks, so that runs compare"""
    masker = Masker(model.cfg.vocab_size, dev, 5)
    n = (len(corpus.held) - S) // (S - 2)
    total, k = 0., 0
    model.eval()
    with torch.no_grad(), amp(dev):
        for i in range(0, min(n, 8 * B), B):
            starts = torch.arange(i, min(n, i + B), device=dev) * (S - 2)
            if len(starts) == B or not k:
                total += model.mlm_loss(*masker.single(masker.rows(corpus.held, starts, S), rate)).item()
                k += 1
    model.train()
    return total / max(1, k)


def schedule(done, warm, falling):
    rest = (1 - done) / falling             # 1 .. 0 in the falling part
    return (min(1., done / warm) if rest >= 1 else 1 - math.sqrt(max(0., 1 - rest))) + 1e-4


def main(argv=None):
    ap = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    ap.add_argument("--tokens-dir", required=True)
    ap.add_argument("--out", required=True)
    ap.add_argument("--init", default="")
    ap.add_argument("--layers", type=int, default=12)
    ap.add_argument("--hidden", type=int, default=448)
    ap.add_argument("--inner", type=int, default=1344)
    ap.add_argument("--tokens", type=int, default=65536, help="tokens a step")
    ap.add_argument("--lengths", default="0.35:128,128,128,256;1:256",
                    help="row lengths by share of the run; rows of 512 need 80 GB at the default number of tokens")
    ap.add_argument("--rate", type=float, default=8e-4)
    ap.add_argument("--muon", type=float, default=8e-4, help="rate of Muon for the layer matrices; 0: AdamW for all")
    ap.add_argument("--decay", type=float, default=.02)
    ap.add_argument("--warm", type=float, default=.05)
    ap.add_argument("--falling", type=float, default=.3, help="last part of the run, in which the rate falls")
    ap.add_argument("--mask", type=float, default=.25)
    ap.add_argument("--mask-end", type=float, default=.15)
    ap.add_argument("--span", type=float, default=.5, help="share of rows with span masks")
    ap.add_argument("--average", type=float, default=.999)
    ap.add_argument("--eval-every", type=float, default=60)
    ap.add_argument("--save-every", type=float, default=150)
    ap.add_argument("--seed", type=int, default=1234)
    a = parse_run(ap, argv)
    dev = device()
    state, config = weights.read(a.init) if a.init else (None, None)
    cfg = Config.make(**config) if config else Config.make(num_hidden_layers=a.layers, hidden_size=a.hidden, intermediate_size=a.inner,
                                                           num_attention_heads=max(1, a.hidden // 64))
    model = Rex(cfg).to(dev)
    if state:
        log("start from %s; not in it: %s" % (a.init, weights.load_into(model, state)[:6]))
    prepare(model, dev).train()
    corpus = Corpus(a.tokens_dir, dev)
    log("%d layers x %d, %.2f M parameters; %.1f M tokens" % (cfg.num_hidden_layers, cfg.hidden_size,
                                                             sum(p.numel() for p in model.parameters()) / 1e6, len(corpus.stream) / 1e6))
    optimiser = Optimiser(model, a.rate, a.decay, muon=a.muon, average=a.average, compiled=compiler(dev))

    def loss_of(ids, where, target):
        with amp(dev):
            return model.mlm_loss(ids, where, target)
    step = Step(loss_of, optimiser, dev)
    part = a.out + ".part"
    first = resume(part, optimiser)
    batches = Batches(corpus, Masker(cfg.vocab_size, dev, a.seed + 1000 * RANK + optimiser.n), a.tokens, a.span)
    train(a, model, corpus, batches, step, part, first)
    if RANK:
        return
    raw = held_loss(model, corpus, dev)
    optimiser.average()
    averaged = held_loss(model, corpus, dev)
    if raw < averaged:
        optimiser.average()
    log("held-out loss: %.4f, averaged weights %.4f" % (raw, averaged))
    weights.save(a.out, dict(config=dict(cfg), model={k: v.cpu() for k, v in model.state_dict().items()}, steps=optimiser.n,
                             tokens=optimiser.n * a.tokens * WORLD, held=min(raw, averaged)))
    if os.path.exists(part):
        os.unlink(part)


def train(a, model, corpus, batches, step, part, first):
    phases = [(float(x.split(":")[0]), [int(v) for v in x.split(":")[1].split(",")]) for x in a.lengths.split(";")]
    optimiser, progress = step.optimiser, Progress(a.out + ".curve.jsonl")
    clock = Clock(a.seconds, a.steps, first, step.dev)
    last_save = last_eval = time.time()
    last_n, per_step = optimiser.n, a.tokens * WORLD

    def report():
        nonlocal last_n
        n, seconds = optimiser.n - last_n, max(1e-9, time.time() - progress.last)
        progress.show("pretrain", seconds=time.time() - clock.start, step=optimiser.n, tokens=optimiser.n * per_step, rate=a.rate * factor,
                      loss=step.total.item() / max(1, n), tokens_per_second=int(n * per_step / seconds))
        step.total.zero_()
        last_n = optimiser.n

    factor = 0.
    while True:
        done = clock.done(optimiser.n)
        if done >= 1:
            return report()
        factor = schedule(done, a.warm, a.falling)
        lengths = next(p for u, p in phases if done < u)
        # three shares of hidden places, no more: every one is a new shape to record
        rate = a.mask if done < .4 else round((a.mask + a.mask_end) / 2, 2) if done < .75 else a.mask_end
        step(batches.take(lengths[optimiser.n % len(lengths)], rate), factor)
        if optimiser.n % 8 == 0 and step.recorded:
            torch.cuda.synchronize()
        if progress.due():
            report()
        if RANK == 0 and time.time() - last_eval > a.eval_every:
            last_eval = time.time()
            progress.show("held", seconds=time.time() - clock.start, step=optimiser.n, tokens=optimiser.n * per_step,
                          loss=held_loss(model, corpus, batches.masker.dev))
        if RANK == 0 and time.time() - last_save > a.save_every:
            last_save = time.time()
            weights.save(part, dict(optimiser=optimiser.state(), done=done))


if __name__ == "__main__":
    main()
