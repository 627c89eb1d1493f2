"""Masked-language-model pre-training, second version: Muon for the layer matrices, warmup-stable-decay, a mixture of row
lengths, falling mask rate, span masks; scheduled by wall clock. Tokens (uint16 .npy files under $REXWORK/tokens)
live on the GPU; rows, masks and targets are made there. New token files are taken up while it runs."""
import os, sys, time, glob, json, argparse, math
import numpy as np
import torch
from common import *

ap = argparse.ArgumentParser()
ap.add_argument("--seconds", type=float, default=720)
ap.add_argument("--tokens", type=int, default=65536, help="tokens a step and GPU")
ap.add_argument("--seq", type=int, default=256)
ap.add_argument("--lr", type=float, default=6e-4, help="AdamW (all, or all but the layer matrices)")
ap.add_argument("--muon", type=float, default=0., help="rate of Muon for the layer matrices; 0: AdamW for all")
ap.add_argument("--muon-wd", type=float, default=0.1)
ap.add_argument("--decay", type=float, default=.30, help="last part of the time, in which the rate falls (1 - sqrt)")
ap.add_argument("--phases", default="0.35:128,128,128,256;0.85:256,256,256,256,256,256,256,512;1:512,256")
ap.add_argument("--mask-end", type=float, default=.15)
ap.add_argument("--span", type=float, default=.5, help="share of rows with span masks")
ap.add_argument("--eval-every", type=float, default=60)
ap.add_argument("--tag", default="mlm")
ap.add_argument("--profile", action="store_true")
ap.add_argument("--wd", type=float, default=0.02)
ap.add_argument("--mask", type=float, default=0.30)
ap.add_argument("--warm", type=float, default=0.05)
ap.add_argument("--ema", type=float, default=0.999)
ap.add_argument("--impl", default=os.environ.get("IMPL", "triton"))
ap.add_argument("--init", default="")
ap.add_argument("--smoke", action="store_true")
ap.add_argument("--max-steps", type=int, default=0)
A = ap.parse_args()

dev, rank, world = setup()
torch.manual_seed(1234)
cfg = cfg_of(A.init, A.smoke)
model = Rex(cfg).to(dev)
if A.init:
    load_weights(model, A.init)
ck = WORK + "/" + A.tag + ".pt"
PHASES = [(float(x.split(":")[0]), [int(v) for v in x.split(":")[1].split(",")]) for x in A.phases.split(";")]
S = A.seq                                                # of the held-out rows
B = max(2, A.tokens // S)
log("shape L%d H%d I%d heads %d: %.2f M parameters (%.2f M without embeddings), %d x %d tokens a step and GPU, %d GPU" % (
    cfg.num_hidden_layers, cfg.hidden_size, cfg.intermediate_size, cfg.num_attention_heads,
    sum(p.numel() for p in model.parameters()) / 1e6,
    sum(p.numel() for n, p in model.named_parameters() if "embeddings.word" not in n) / 1e6, B, S, world))

stream, held, seen = None, None, []


def load_tokens():
    """all token files; the last 0.3 % (at most 500k tokens) of the first file are held out"""
    global stream, held, seen
    fs = sorted([f for f in glob.glob(WORK + "/tokens/*.npy") if not f.endswith(".part.npy")], key=os.path.getmtime)
    if fs == seen:
        return False
    parts = []
    for f in fs:
        parts.append(np.load(f).astype(np.int16))
    first = parts[0]
    h = int(os.environ.get("HELD", 0)) or min(500000, max(S * 8, int(len(first) * .003)))
    held = torch.from_numpy(first[-h:].copy()).to(dev)
    parts[0] = first[:-h]
    stream = torch.from_numpy(np.concatenate(parts)).to(dev)
    seen = fs
    log("tokens: %d files, %.1f M (+%d held out)" % (len(fs), len(stream) / 1e6, h))
    return True


gen = torch.Generator(device=dev)
gen.manual_seed(99 + rank)
orders = {}                                               # row length -> [order, cursor, offset]
cont = torch.zeros(65536, dtype=torch.bool)               # ## pieces go with their word
for n_, t_ in enumerate(open(HERE + "/assets/vocab.txt", encoding="utf-8")):
    cont[n_] = t_.startswith("##")
cont = cont.to(dev)


def rows_from(src, starts, S):
    body = src[starts[:, None] + torch.arange(S - 2, device=dev)].long()
    x = torch.empty(len(starts), S, dtype=torch.long, device=dev)
    x[:, 0], x[:, -1], x[:, 1:-1] = 1, 2, body
    return x


def hide(x, sc, nm, g):
    """mask the nm best-scored places of each row"""
    b, S = x.shape
    w = sc.topk(nm, 1).indices + 1
    tgt = x.gather(1, w)
    r = torch.rand(b, nm, device=dev, generator=g)
    rnd = torch.randint(106, cfg.vocab_size, (b, nm), device=dev, generator=g)
    new = torch.where(r < .8, torch.full_like(tgt, 4), torch.where(r < .9, rnd, tgt))
    x = x.scatter(1, w, new)
    return x, (w + torch.arange(b, device=dev)[:, None] * S).view(-1), tgt.view(-1)


def mask_rows(x, g, rate=.18):
    """single places, evenly (the held-out measure: as the first trainer did it)"""
    S = x.shape[1]
    sc = torch.rand(x.shape[0], S - 2, device=dev, generator=g)
    sc = sc.masked_fill(x[:, 1:-1] < 5, -1.)            # never the specials
    return hide(x, sc, max(1, int(round((S - 2) * rate))), g)


def mask_spans(x, g, rate):
    """a share of the rows with spans (lengths 1, 2, 3...: 50, 25, 12... %; whole words for Latin letters), the others single places"""
    b, S = x.shape
    n = S - 2
    body = x[:, 1:-1]
    kind = torch.rand(b, 1, device=dev, generator=g) < A.span
    first = torch.rand(b, n, device=dev, generator=g) < .5
    first = torch.where(kind, first & ~cont[body], torch.ones_like(first))
    seg = first.long().cumsum(1)                          # 0..n
    sc = torch.rand(b, n + 1, device=dev, generator=g).gather(1, seg)
    sc = sc.masked_fill(body < 5, -1.)
    return hide(x, sc, max(1, int(round(n * rate))), g)


def batch(S, rate):
    B = max(2, A.tokens // S)
    n = (len(stream) - S) // (S - 2)
    o = orders.get(S)
    if o is None or o[1] + B > len(o[0]):
        order = torch.randperm(max(1, n - 1), device=dev, generator=gen)
        if len(order) < B:
            order = order.repeat(B // len(order) + 1)
        o = orders[S] = [order, 0, int(torch.randint(0, S - 2, (1,), device=dev, generator=gen))]
    st = o[0][o[1]:o[1] + B] * (S - 2) + o[2]
    o[1] += B
    return mask_spans(rows_from(stream, st, S), gen, rate)


def held_loss():
    """as the first trainer with --seq 256 --mask .18 --tokens 65536"""
    model.eval()
    g = torch.Generator(device=dev)
    g.manual_seed(5)
    n = (len(held) - S) // (S - 2)
    tot, k = 0., 0
    with torch.no_grad(), amp(dev):
        for i in range(0, n, B):
            st = torch.arange(i, min(n, i + B), device=dev) * (S - 2)
            if len(st) < B and k:
                break
            tot += model.mlm_loss(*mask_rows(rows_from(held, st, S), g)).item()
            k += 1
            if k >= 8:
                break
    model.train()
    return tot / max(1, k)


def held_both():
    raw = held_loss()
    fl.swap_ema()
    em = held_loss()
    fl.swap_ema()
    return raw, em


class Muon:
    """orthogonalised momentum for the matrices of the layers, update scaled to AdamW's usual size"""

    def __init__(self, ps, wd, mom=.95):
        by = {}
        for p in ps:
            by.setdefault(tuple(p.shape), []).append(p)
        self.groups = [(k, v, torch.zeros((len(v),) + k, device=dev)) for k, v in by.items()]
        self.wd, self.mom = wd, mom

    @staticmethod
    def ns(g):
        x = g.bfloat16() if g.is_cuda else g
        flip = x.shape[-2] > x.shape[-1]
        if flip:
            x = x.transpose(-2, -1)
        x = x / (x.float().norm(dim=(-2, -1), keepdim=True).to(x.dtype) + 1e-7)
        for _ in range(5):
            y = x @ x.transpose(-2, -1)
            x = 3.4445 * x + (-4.7750 * y + 2.0315 * (y @ y)) @ x
        return (x.transpose(-2, -1) if flip else x).float()

    @torch.no_grad()
    def step(self, lr):
        for (r, c), ps, buf in self.groups:
            g = torch.stack([p.grad for p in ps])
            buf.lerp_(g, 1 - self.mom)
            u = self.ns(g.lerp_(buf, self.mom))
            torch._foreach_mul_(ps, 1 - lr * self.wd)
            torch._foreach_add_(ps, list(u.unbind(0)), alpha=-lr * .2 * math.sqrt(max(r, c)))


class Flat2(Flat):
    """as Flat, the layer matrices taken out of AdamW"""

    def __init__(self, model, lr, wd, betas, ema, world):
        super().__init__(model, lr, wd, betas, ema, world)
        self.muon = None
        if A.muon > 0:
            mats = [p for n, p in model.named_parameters() if ".layer." in n and p.dim() == 2]
            ids = set(map(id, mats))
            for g in self.opt.param_groups:
                g["params"] = [p for p in g["params"] if id(p) not in ids]
            self.muon = Muon(mats, A.muon_wd)

    def step(self, f):
        if self.muon:
            norm = self.grad.norm()
            fin = torch.isfinite(norm)
            torch.nan_to_num_(self.grad, 0., 0., 0.)
            self.grad.mul_(torch.where(fin, (1. / (norm + 1e-6)).clamp(max=1.), torch.zeros_like(norm)))
            self.muon.step(A.muon * f)
        return super().step(A.lr * f)


load_tokens()
fl = Flat2(model, A.lr, A.wd, (0.9, 0.98), A.ema, world)
steps, spent, toks = 0, 0., 0
if os.path.exists(ck) and not A.init:
    c = torch.load(ck, map_location=dev)
    if c["cfg"] == dict(cfg):
        model.load_state_dict(c["raw"])
        fl.opt.load_state_dict(c["opt"])
        if fl.muon:
            for (_, _, b_), s_ in zip(fl.muon.groups, c["muon"]):
                b_.copy_(s_)
        for e, s in zip(fl.ema, c["ema"]):
            e.copy_(s)
        steps, spent, toks, fl.n = c["steps"], c["spent"], c["toks"], c["steps"]
        log("resumed at step %d, %.0f s" % (steps, spent))
        del c

# ---- choose the fastest correct attention
model.train()
cand = []
if dev.type == "cuda":
    ok3 = check_triton(dev) if A.impl in ("auto", "triton") else False
    cpost, ccore = maybe_compile(post_attention, dev), maybe_compile(model.dense_core, dev, dynamic=False)
    if ok3:
        cand.append(("triton", cpost, model.dense_core))
    if A.impl in ("auto", "skew") or not cand:
        cand.append(("skew", cpost, ccore))
    if A.impl == "auto" and not A.smoke:
        cand.append(("skew", post_attention, model.dense_core))
else:
    cand.append(("skew", post_attention, model.dense_core))


def use(c):
    model.impl, model.post, model.core = c


def one(S=256, rate=.3):
    with amp(dev):
        loss = model.mlm_loss(*batch(S, rate))
    loss.backward()
    return loss


best = None
if len(cand) > 1:
    for c in cand:
        try:
            use(c)
            t0 = time.time()
            one()
            torch.cuda.synchronize()
            t1 = time.time()
            for _ in range(4):
                one()
            torch.cuda.synchronize()
            dt = (time.time() - t1) / 4
            log("attention %s, compiled %s: first %.1f s, then %.1f ms a step = %.0f k tokens/s, %.1f GiB" % (
                c[0], c[1] is not post_attention, t1 - t0, dt * 1e3, B * S / dt / 1e3, torch.cuda.max_memory_allocated() / 2**30))
            if best is None or dt < best[0]:
                best = (dt, c)
        except Exception as e:
            log("attention", c[0], "failed:", repr(e)[:300])
            torch.cuda.empty_cache()
    use(best[1])
else:
    use(cand[0])
fl.zero()
if world > 1:      # same start everywhere
    for p in fl.ps:
        dist.broadcast(p.data, 0)

# guard against divergence: a copy of weights and moments that went well, and a lower rate after going back
good, good_loss, scale = None, 1e9, 1.0


def moments():
    own = [p for g in fl.opt.param_groups for p in g["params"]]
    return [fl.opt.state[p][k] for p in own for k in ("exp_avg", "exp_avg_sq")] + ([g[2] for g in fl.muon.groups] if fl.muon else [])


def snapshot():
    global good
    src = list(fl.ps) + fl.ema + moments()
    with torch.no_grad():
        if good is None:
            good = [x.detach().clone() for x in src]
        else:
            for a, b in zip(good, src):
                a.copy_(b)


lens = sorted({v for _, p in PHASES for v in p})
if dev.type == "cuda":                                    # every row length once, for compilation; and its speed
    for v in lens:
        one(v)
        torch.cuda.synchronize()
        t0 = time.time()
        for _ in range(3):
            one(v)
        torch.cuda.synchronize()
        log("rows of %d: %.0f k tokens/s, %.1f GiB" % (v, 3 * A.tokens / (time.time() - t0) / 1e3, torch.cuda.max_memory_allocated() / 2**30))
    fl.zero()
curve = open(WORK + "/" + A.tag + "_held.csv", "a")
stable_saved = bool(spent) and os.path.exists(WORK + "/" + A.tag + "_stable.pt")
t_start = time.time() - spent
t_eval = time.time()
t_log, t_ck, t_scan = time.time(), time.time(), time.time()
acc, acc_n, tok0 = torch.zeros((), device=dev), 0, toks
hist = []
log("start")
while True:
    el = time.time() - t_start
    if world > 1:
        t = torch.tensor([el], device=dev)
        dist.broadcast(t, 0)
        el = t.item()
    prog = el / A.seconds
    if prog >= 1 or (A.max_steps and steps >= A.max_steps):
        break
    rest = (1 - prog) / A.decay                            # 1 .. 0 during the decay
    if rest <= 1 and not stable_saved and rank == 0:
        stable_saved = True
        save(WORK + "/" + A.tag + "_stable.pt", dict(cfg=dict(cfg), model=model.state_dict(), steps=steps, tokens=toks))
        log("stable weights saved at %.0f s, %.1f M tokens" % (el, toks / 1e6))
    f = scale * (min(1., prog / A.warm) if rest >= 1 else 1 - math.sqrt(max(0., 1 - rest))) + 1e-4
    lr = f * A.lr
    lens = next(p for u, p in PHASES if prog < u)
    rate = round(A.mask + (A.mask_end - A.mask) * prog, 2)
    fl.zero()
    loss = one(lens[steps % len(lens)], rate)
    fl.step(f)
    acc += loss.detach()
    acc_n += 1
    steps += 1
    toks += B * S * world
    if steps % 8 == 0 and dev.type == "cuda":
        torch.cuda.synchronize()
    now = time.time()
    if (now - t_log > 5) if world == 1 else steps % 64 == 0:
        if world > 1:
            dist.all_reduce(acc)
            acc /= world
        l = acc.item() / acc_n
        hist.append((round(el), steps, round(l, 4)))
        log("mlm %5.0f s step %6d loss %.4f lr %.2e %6.0f k tok/s (%.1f M seen)" % (
            el, steps, l, lr, (toks - tok0) / (now - t_log) / 1e3, toks / 1e6))
        acc.zero_()
        acc_n, tok0, t_log = 0, toks, now
        if steps > 100:
            if good is not None and not (l < good_loss + 0.25):
                with torch.no_grad():
                    for a, b in zip(list(fl.ps) + fl.ema + moments(), good):
                        a.copy_(b)
                scale *= .7
                log("loss went from %.3f to %.3f: back to the last good weights, rate x %.2f" % (good_loss, l, scale))
            elif l < good_loss + 0.05 and prog > .02:
                good_loss = l
                snapshot()
    if now - t_eval > A.eval_every and rank == 0:
        raw, em = held_both()
        curve.write("%.1f,%d,%d,%.4f,%.4f,%.3g,%.2f\n" % (el, steps, toks, raw, em, lr, rate))
        curve.flush()
        log("held-out at %.0f s, %.1f M tokens: raw %.4f, ema %.4f" % (el, toks / 1e6, raw, em))
        t_eval = time.time()
    if now - t_scan > 15:
        t_scan = now
        if os.path.exists(WORK + "/seconds"):             # the end may be moved while it runs
            v = float(open(WORK + "/seconds").read() or A.seconds)
            if v != A.seconds and v > el:
                A.seconds = v
                log("seconds now %.0f" % v)
        if A.seconds - el < 75 and A.tag == "mlm":
            open(WORK + "/near", "w").close()
        if world == 1 and load_tokens():
            orders.clear()
    if now - t_ck > 150 and rank == 0:
        t_ck = now
        save(ck, dict(cfg=dict(cfg), raw=model.state_dict(), opt=fl.opt.state_dict(), ema=fl.ema, muon=[g[2] for g in fl.muon.groups] if fl.muon else [], steps=steps, spent=now - t_start, toks=toks))

if A.profile and dev.type == "cuda":
    from torch.profiler import profile, ProfilerActivity
    with profile(activities=[ProfilerActivity.CUDA, ProfilerActivity.CPU]) as pr:
        for _ in range(3):
            fl.zero()
            one(256)
            fl.step(1e-6)
        torch.cuda.synchronize()
    print(pr.key_averages().table(sort_by="cuda_time_total", row_limit=45, max_name_column_width=70), file=open(WORK + "/profile.txt", "w"))

if rank == 0:
    raw, em = held_both()
    log("held-out loss: raw %.4f, ema %.4f (perplexity %.2f)" % (raw, em, math.exp(min(20, min(raw, em)))))
    curve.write("%.1f,%d,%d,%.4f,%.4f,%.3g,%.2f\n" % (el, steps, toks, raw, em, lr, rate))
    curve.close()
    if em < raw:
        fl.swap_ema()
    save(WORK + "/" + A.tag + "_final.pt", dict(cfg=dict(cfg), model=model.state_dict(), steps=steps, tokens=toks, held=min(raw, em), hist=hist,
                                     impl=model.impl))
    json.dump(dict(steps=steps, tokens=toks, held=min(raw, em), raw=raw, ema=em, impl=model.impl, args=vars(A), hist=hist),
              open(WORK + "/" + A.tag + ".json", "w"))
    log("MLM done: %d steps, %.1f M tokens, %.0f k tokens/s" % (steps, toks / 1e6, toks / max(1e-9, el) / 1e3))
