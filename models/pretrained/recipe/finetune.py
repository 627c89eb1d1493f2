"""Multi-task fine-tuning in RexUniNLU's format, scheduled by wall clock; worker processes make ready batches."""
import os, sys, time, json, argparse, random, math, collections
import multiprocessing as mp
import numpy as np
import torch
from common import *
from tok import Tok
from rexdata import *

ap = argparse.ArgumentParser()
ap.add_argument("--tasks", required=True)
ap.add_argument("--seconds", type=float, default=420)
ap.add_argument("--init", default=WORK + "/mlm_final.pt")
ap.add_argument("--out", default=WORK + "/ft_final.pt")
ap.add_argument("--tokens", type=int, default=24576, help="cells of the id matrix a step and GPU; a multiple of 3*512")
ap.add_argument("--lr", type=float, default=4e-4)
ap.add_argument("--wd", type=float, default=0.01)
ap.add_argument("--warm", type=float, default=0.05)
ap.add_argument("--drop", type=float, default=0.1)
ap.add_argument("--ema", type=float, default=0.998)
ap.add_argument("--temp", type=float, default=0.5, help="weight of a source ~ n ** temp")
ap.add_argument("--workers", type=int, default=max(1, min(14, (os.cpu_count() or 2) - 2)))
ap.add_argument("--impl", default=os.environ.get("IMPL", "triton"))
ap.add_argument("--limit", type=int, default=0)
ap.add_argument("--smoke", action="store_true")
ap.add_argument("--max-steps", type=int, default=0)
A = ap.parse_args()
BUCKETS = (32, 48, 64, 96, 128, 192, 256, 384, 512)


def make_worker(seed, sources, weights, syn, foreign, q, tokens, coder):
    rng = random.Random(seed)
    smp = Sampler(coder, syn, foreign, rng)
    names = list(sources)
    w = [weights[n] for n in names]
    order = {n: [] for n in names}
    bins = {S: [] for S in BUCKETS}
    while True:
        for n in rng.choices(names, w, k=256):
            if not order[n]:
                order[n] = list(range(len(sources[n])))
                rng.shuffle(order[n])
            ex = sources[n][order[n].pop()]
            try:
                rows = smp.rows(ex)
            except Exception as e:          # one bad row must not stop the run
                if rng.random() < .01:
                    print("row skipped:", repr(e)[:200], flush=True)
                continue
            for r in rows:
                L = len(r[0])
                S = next((b for b in BUCKETS if b >= L), None)
                if S is None:
                    continue
                b = bins[S]
                b.append(r)
                if len(b) == tokens // S:
                    q.put(pack(b, S))
                    bins[S] = []
        rng.random()


def pack(rows, S):
    B = len(rows)
    ids, pos = np.zeros((B, S), np.int16), np.zeros((B, S), np.int16)
    pfx, typ = np.full((B, S), -1, np.int16), np.zeros((B, S), np.int16)
    flat = []
    for n, (a, b, c, d, pairs) in enumerate(rows):
        L = len(a)
        ids[n, :L], pos[n, :L], pfx[n, :L], typ[n, :L] = a, b, c, d
        o = n * S * S
        flat += [o + i * S + j for i, j in pairs]
    return np.stack([ids, pos, pfx, typ]), np.array(flat, np.int64)


def encode_file(a):
    """one task file -> Examples (in a worker)"""
    path, refs, limit = a
    c = Coder(Tok(HERE + "/assets/vocab.txt"))
    out = []
    for r in load_file(path, refs, limit):
        try:
            if r["text"].strip():
                out.append(Example(r, c))
        except Exception as e:
            print("bad row", r.get("id"), repr(e)[:100], flush=True)
    return out


def main():
    rank, world = int(os.environ.get("RANK", "0")), int(os.environ.get("WORLD_SIZE", "1"))
    random.seed(7)
    t0 = time.time()
    ctx = mp.get_context("fork")
    refs = load_schemas(A.tasks)
    jobs = [(p, refs, A.limit) for p in sorted(list_files(A.tasks, "train"), key=os.path.getsize, reverse=True)]
    nproc = max(1, min(16, os.cpu_count() or 1))
    if nproc > 2:
        with ctx.Pool(nproc) as pool:
            exs = [e for part in pool.imap_unordered(encode_file, jobs, 1) for e in part]
    else:
        exs = [e for j in jobs for e in encode_file(j)]
    if not exs:
        raise SystemExit("no training rows under " + A.tasks)
    log("read and encoded %d rows of %d files, %.1f s" % (len(exs), len(jobs), time.time() - t0))
    sources = collections.defaultdict(list)
    for e in exs:
        sources[e.src].append(e)
    sources = dict(sources)
    weights = {n: len(v) ** A.temp for n, v in sources.items()}
    boost = json.loads(os.environ.get("SOURCE_WEIGHTS", "{}"))
    for n in weights:
        weights[n] *= boost.get(n, 1.)
    tot = sum(weights.values())
    for n in sorted(sources):
        log("  source %-28s %7d rows, share %.3f" % (n, len(sources[n]), weights[n] / tot))
    hidden = set()              # labels kept for the unseen-label test: never shown in training
    for n, sc in load_schemas(A.tasks).items():
        if "unseen" in n and isinstance(sc, dict):
            hidden |= set(sc)
    syn = {}
    for p in (HERE + "/assets/synonyms.json", A.tasks + "/synonyms.json"):
        if os.path.exists(p):
            for g in json.load(open(p, encoding="utf-8")):
                for a in g:
                    syn.setdefault(a, [])
                    syn[a] += [b for b in g if b != a and b not in syn[a] and b not in hidden]
    # names that can serve as certainly-absent types: classification labels and event types of other sources
    foreign = set()
    for n, v in sources.items():
        if v[0].kind or any(w in n.lower() for w in ("event", "duee", "trigger")):
            for e in v[:2000]:
                foreign.update(t for t in e.schema if len(t) <= 12 and t not in hidden)
    foreign = sorted(foreign)[:5000]
    log("%d examples from %d sources, %d labels with synonyms, %d foreign types, %.1f s" % (len(exs), len(sources), len(syn), len(foreign), time.time() - t0))
    del exs
    import gc
    gc.collect()
    gc.freeze()
    coder = Coder(Tok(HERE + "/assets/vocab.txt"))
    q = ctx.Queue(maxsize=4 * A.workers)
    ps = [ctx.Process(target=make_worker, args=(1000 * rank + i, sources, weights, syn, foreign, q, A.tokens, coder), daemon=True) for i in range(A.workers)]
    for p in ps:
        p.start()
    dev, rank, world = setup()      # CUDA is touched only after the forks
    if not os.path.exists(A.init):  # started before the pre-training has ended
        log("fine-tuning waits for", A.init)
        while not os.path.exists(A.init):
            time.sleep(.3)
    torch.manual_seed(7)
    cfg = cfg_of(A.init, A.smoke)
    model = Rex(cfg, mlm=False).to(dev)
    if os.path.exists(A.init):
        load_weights(model, A.init)
    else:
        log("NO initial weights: from scratch")
    impl = A.impl
    if impl in ("auto", "triton"):
        impl = "triton" if check_triton(dev) else "gather"
    model.impl = impl
    model.post = maybe_compile(post_attention, dev)
    if impl == "gather" and dev.type == "cuda":
        model.core = maybe_compile(model.dense_core, dev, dynamic=False)
    log("attention:", impl)
    if world > 1:
        for p in model.parameters():
            dist.broadcast(p.data, 0)
    fl = Flat(model, A.lr, A.wd, (0.9, 0.98), A.ema, world)
    model.train()

    def put(b):
        m = torch.from_numpy(b[0]).pin_memory().to(dev, non_blocking=True) if dev.type == "cuda" else torch.from_numpy(b[0])
        return m, torch.from_numpy(b[1]).to(dev, non_blocking=True)

    if os.path.exists(WORK + "/ft_end"):
        A.seconds = max(20., float(open(WORK + "/ft_end").read()) - time.time())
        log("fine-tuning for %.0f s" % A.seconds)
    t_start = t_log = time.time()
    steps, acc, acc_n, cells, used, wait, nrow, hist = 0, torch.zeros((), device=dev), 0, 0, 0, 0., 0, []
    nxt = put(q.get())
    while True:
        el = time.time() - t_start
        if world > 1:
            t = torch.tensor([el], device=dev)
            dist.broadcast(t, 0)
            el = t.item()
        prog = el / A.seconds
        if prog >= 1 or (A.max_steps and steps >= A.max_steps):
            break
        lr = A.lr * min(1., prog / A.warm + 1e-3, (1 - prog) / (1 - A.warm)) + 1e-7
        m, flat = nxt
        fl.zero()
        ids = m[0].long()
        pos, pfx, typ = m[1].int(), m[2].int(), m[3].int()
        with amp(dev):
            x = model.encode(ids, pos, pfx, typ, A.drop)
            lg = model.link_logits(x, pos)
        loss = link_loss(lg, flat, pfx >= 0)
        loss.backward()
        fl.step(lr)
        t1 = time.time()
        nxt = put(q.get())
        wait += time.time() - t1
        acc += loss.detach()
        acc_n += 1
        steps += 1
        cells += ids.numel()
        nrow += ids.shape[0]
        if steps % 4 == 0 and dev.type == "cuda":
            torch.cuda.synchronize()
        now = time.time()
        if now - t_log > 5:
            l = acc.item() / acc_n
            hist.append((round(el), steps, round(l, 4)))
            log("ft %5.0f s step %6d loss %.4f lr %.2e %6.0f k tok/s %6.0f rows/s, waiting %.0f %%" % (
                el, steps, l, lr, cells * world / (now - t_log) / 1e3, nrow * world / (now - t_log), 100 * wait / (now - t_log)))
            acc.zero_()
            acc_n, cells, nrow, wait, t_log = 0, 0, 0, 0., now
            if rank == 0 and len(hist) % 12 == 0:
                save(A.out + ".part", dict(cfg=dict(cfg), model=model.state_dict(), steps=steps))
    for p in ps:
        p.terminate()
    if rank == 0:
        raw = {k: v.detach().clone() for k, v in model.state_dict().items()}
        if steps > 50:
            fl.swap_ema()
        save(A.out, dict(cfg=dict(cfg), model=model.state_dict(), raw=raw, steps=steps, hist=hist, impl=impl))
        json.dump(dict(steps=steps, hist=hist, impl=impl), open(A.out + ".json", "w"))
        log("fine-tuning done: %d steps" % steps)


if __name__ == "__main__":
    main()
