"""Multi-task fine-tuning in RexUniNLU's format from a spool of ready batches (`sample.py`), scheduled by wall clock or by steps.

Resumes from OUT.part.
usage: finetune.py --spool DIR --init FILE|FOLDER --out FILE.pt (--seconds N | --steps N)"""
import argparse
import collections
import glob
import os
import random
import threading
import time
import numpy as np
import torch
import torch.distributed as dist
from common import RANK, WORLD, Clock, Progress, amp, compiler, device, log, parse_run, prepare, resume
from model import Config, Rex, link_loss
from optim import Optimiser
from sample import BUCKETS
from step import Step
import weights

LINKS_PER_ROW = 192         # room for the links of a batch, so that all batches of a row length have one shape


def by_length(folder):
    """this process's batch files, those of every WORLD-th worker: row length -> names, oldest first"""
    found = collections.defaultdict(list)
    for name in sorted(glob.glob(folder + "/*.npz"), key=lambda n: n.rsplit("-", 1)[1]):
        length, worker = os.path.basename(name).split("-")[:2]
        if int(worker) % WORLD == RANK:
            found[int(length)].append(name)
    return found


class Spool:
    """take() -> (meta, links, margin). All processes draw the same row length for a step: they wait for each other, and a row of 512
    takes many times as long as one of 64. A length of which no new batch is there shows a recent one again."""

    DEPTH, KEEP, RECOUNT = 6, 60, 256           # batches read ahead and kept a length; steps between two counts of the files

    def __init__(self, folder, dev, margin_scale=1., seed=0):
        self.folder, self.dev, self.margin_scale = folder, dev, margin_scale
        self.ready, self.recent = collections.defaultdict(collections.deque), {}
        self.changed = threading.Condition()
        self.rng, self.own_rng = random.Random(seed), random.Random(seed + 1 + RANK)     # lengths: alike in all processes
        self.steps, self.repeated, self.shares = 0, 0, {}
        threading.Thread(target=self.fill, daemon=True).start()

    def fill(self):
        while True:
            idle = True
            for length, names in by_length(self.folder).items():
                for name in names[:self.DEPTH - len(self.ready[length])]:
                    batch = self.load(name)
                    os.unlink(name)
                    idle = False
                    with self.changed:
                        self.ready[length].append(batch)
                        self.changed.notify()
            if idle:
                time.sleep(.02)

    def load(self, name):
        with np.load(name) as z:
            meta, links, margin = (torch.from_numpy(z[k]) for k in ("meta", "links", "margin"))
        _, B, S = meta.shape
        padded = torch.full((B * LINKS_PER_ROW,), B * S * S, dtype=torch.int32)
        n = min(len(links), len(padded))
        padded[:n] = links[:n]
        return tuple(t.pin_memory() if self.dev.type == "cuda" else t for t in (meta, padded, margin * self.margin_scale))

    def count(self):
        """how many batches of each length wait for every process; a length that one of them lacks is not drawn"""
        files = by_length(self.folder)
        counts = torch.tensor([float(len(files[S]) + len(self.ready[S])) for S in BUCKETS], device=self.dev)
        if WORLD > 1:
            dist.all_reduce(counts, op=dist.ReduceOp.MIN)
        self.shares = {S: n for S, n in zip(BUCKETS, counts.tolist()) if n}

    def take(self):
        if self.steps % self.RECOUNT == 0 or not self.shares:
            self.count()
            while not self.shares:
                time.sleep(.1)
                self.count()
        self.steps += 1
        S = self.rng.choices(list(self.shares), list(self.shares.values()))[0]
        with self.changed:
            while not self.ready[S] and S not in self.recent:
                self.changed.wait(.5)
            if self.ready[S]:
                batch = self.ready[S].popleft()
                self.recent.setdefault(S, collections.deque(maxlen=self.KEEP)).append(batch)
                return batch
            self.repeated += 1
            return self.own_rng.choice(self.recent[S])


def loss_function(model, dev, drop):
    def loss_of(meta, links, margin):
        pos, pfx, typ = (meta[i].int() for i in (1, 2, 3))
        with amp(dev):
            x = model.encode(meta[0].long(), pos, pfx, typ, drop)
            logits = model.link_logits(x, pos)
        return link_loss(logits, links.long(), pfx >= 0, margin)
    return loss_of


def schedule(done, warm, flat):
    """factor on the rates: rises, stays, falls to zero in a straight line"""
    return min(1., done / warm + 1e-3, (1 - done) / (1 - flat) + 1e-4)


def main(argv=None):
    ap = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    ap.add_argument("--spool", required=True)
    ap.add_argument("--init", required=True)
    ap.add_argument("--out", required=True)
    ap.add_argument("--rate", type=float, default=4e-4)
    ap.add_argument("--muon", type=float, default=0., help="rate of Muon for the layer matrices; 0: AdamW for all")
    ap.add_argument("--decay", type=float, default=.01)
    ap.add_argument("--warm", type=float, default=.04, help="share of the time in which the rate rises")
    ap.add_argument("--flat", type=float, default=.3, help="share of the time after which it falls to zero")
    ap.add_argument("--drop", type=float, default=.1)
    ap.add_argument("--average", type=float, default=.999, help="weight of the past in the running average of the weights")
    ap.add_argument("--margin-scale", type=float, default=1., help="factor on the margins of the batches")
    ap.add_argument("--save-every", type=float, default=120)
    ap.add_argument("--seed", type=int, default=7)
    ap.add_argument("--plain", action="store_true", help="no CUDA graphs")
    ap.add_argument("--profile", default="", help="write a profile of five steps to this file and stop")
    a = parse_run(ap, argv)
    dev = device()
    spool = Spool(a.spool, dev, a.margin_scale, a.seed)
    state, config = weights.read(a.init)
    model = Rex(Config.make(**config), mlm=False).to(dev)
    log("start from %s; not in it: %s" % (a.init, weights.load_into(model, state)[:6]))
    prepare(model, dev).train()
    optimiser = Optimiser(model, a.rate, a.decay, muon=a.muon, average=a.average, compiled=compiler(dev))
    step = Step(loss_function(model, dev, a.drop), optimiser, dev, not a.plain)
    part = a.out + ".part"
    first = resume(part, optimiser)
    if step.recorded:
        warm_up(step, a.spool, spool)
    if a.profile:
        return profile(step, spool, a.profile)
    train(a, spool, step, optimiser, part, first)
    if RANK:
        return
    raw = {k: v.detach().cpu().clone() for k, v in model.state_dict().items()}
    optimiser.average()
    weights.save(a.out, dict(config=dict(model.cfg), model={k: v.cpu() for k, v in model.state_dict().items()}, raw=raw, steps=optimiser.n))
    if os.path.exists(part):
        os.unlink(part)
    log("done: %d steps, %d batches shown again" % (optimiser.n, spool.repeated))


def warm_up(step, folder, spool):
    """records a graph for every row length in the spool before the clock starts"""
    for length, names in sorted(by_length(folder).items()):
        for name in names[::-1]:                # the newest: the reading thread takes the oldest
            try:
                step.prepare(spool.load(name))
                break
            except OSError:
                continue
    log("recorded rows of " + " ".join(str(meta[2]) for meta, _, _ in step.graphs))


def train(a, spool, step, optimiser, part, first):
    progress, clock = Progress(a.out + ".curve.jsonl"), Clock(a.seconds, a.steps, first, step.dev)
    last_save, last_n, cells, synced = time.time(), optimiser.n, 0, None

    def report():
        nonlocal last_n, cells
        seconds = max(1e-9, time.time() - progress.last)
        progress.show("finetune", seconds=time.time() - clock.start, step=optimiser.n, rate=a.rate * factor,
                      loss=step.total.item() / max(1, optimiser.n - last_n), cells_per_second=int(WORLD * cells / seconds), repeated=spool.repeated)
        step.total.zero_()
        last_n, cells = optimiser.n, 0

    factor = 0.
    while True:
        done = clock.done(optimiser.n)
        if done >= 1:
            return report()
        factor = schedule(done, a.warm, a.flat)
        batch = spool.take()
        step(batch, factor)
        cells += batch[0][0].numel()
        if optimiser.n % 8 == 0 and step.recorded:      # at most sixteen steps ahead of the card
            if synced:
                synced.synchronize()
            synced = torch.cuda.Event()
            synced.record()
        if progress.due():
            report()
        if RANK == 0 and time.time() - last_save > a.save_every:
            last_save = time.time()
            weights.save(part, dict(optimiser=optimiser.state(), done=done))


def profile(step, spool, path):
    from torch.profiler import ProfilerActivity
    import torch.profiler
    with torch.profiler.profile(activities=[ProfilerActivity.CUDA, ProfilerActivity.CPU]) as p:
        for _ in range(5):
            step(spool.take(), 0.)
        torch.cuda.synchronize()
    with open(path, "w", encoding="utf-8") as f:
        f.write(p.key_averages().table(sort_by="cuda_time_total", row_limit=50, max_name_column_width=80))


if __name__ == "__main__":
    main()
