"""Reference decoding, batched, on dev files; strict scores a source, a table and JSON."""
import os, sys, time, json, argparse, collections, random
import numpy as np
import torch
from common import *
from tok import Tok
from rexdata import *


class Runner:
    def __init__(self, model, dev, tokens=16384, cap=2000):
        self.m, self.dev, self.tokens, self.cap = model.eval(), dev, tokens, cap

    def __call__(self, jobs):
        res = [None] * len(jobs)
        order = sorted(range(len(jobs)), key=lambda n: len(jobs[n][0][0]))
        p = 0
        while p < len(order):
            S = len(jobs[order[min(len(order) - 1, p)]][0][0])
            n = 1
            while p + n < len(order):
                S2 = (len(jobs[order[p + n]][0][0]) + 31) // 32 * 32
                if S2 * (n + 1) > self.tokens:
                    break
                n += 1
            part = order[p:p + n]
            p += n
            S = (max(len(jobs[i][0][0]) for i in part) + 31) // 32 * 32
            B = len(part)
            ids, pos, pfx, typ = [torch.zeros(B, S, dtype=torch.int32) for _ in range(4)]
            pfx -= 1
            k0 = torch.zeros(B, dtype=torch.long)
            for b, i in enumerate(part):
                row = jobs[i][0]
                L = len(row[0])
                for t, v in zip((ids, pos, pfx, typ), row[:4]):
                    t[b, :L] = torch.tensor(v, dtype=torch.int32)
                k0[b] = row[5]
            ids, pos, pfx, typ, k0 = [t.to(self.dev) for t in (ids, pos, pfx, typ, k0)]
            with torch.no_grad():
                x = self.m.encode(ids.long(), pos, pfx, typ)      # fp32, as the server computes
                lg = self.m.link_logits(x.float(), pos)
                v = pfx >= 0
                intext = torch.arange(S, device=self.dev)[None] >= k0[:, None]
                ok = v[:, :, None] & v[:, None, :] & (intext[:, :, None] | intext[:, None, :])
                hit = ((lg > 0) & ok).nonzero()
                if len(hit) > self.cap * B:
                    hit = hit[:0]
                pr = torch.sigmoid(lg[hit[:, 0], hit[:, 1], hit[:, 2]]).tolist()
                cells = [dict() for _ in part]
                for (b, i, j), q in zip(hit.tolist(), pr):
                    cells[b][(i, j)] = q
                for b, i in enumerate(part):
                    if jobs[i][1]:
                        k, ts = jobs[i][0][5], list(jobs[i][0][4])
                        a = torch.sigmoid(lg[b, k]).tolist()
                        z = torch.sigmoid(lg[b, :, k]).tolist()
                        cells[b] = {(k, k): a[k]}
                        for t in ts:
                            cells[b][(k, t)], cells[b][(t, k)] = a[t], z[t]
            for b, i in enumerate(part):
                res[i] = cells[b]
        return res


def keys(ans):
    return {tuple((x["type"].strip(), x["span"], tuple(x["offset"])) for x in info) for info in ans}


def evaluate(model, dev, tasks, split="dev", per_source=250, examples=None, quiet=False):
    rows = load_split(tasks, split)
    by = collections.defaultdict(list)
    for r in rows:
        if r["schema"]:
            by[r["source"]].append(r)
    dec = Decoder(Coder(Tok(HERE + "/assets/vocab.txt")), Runner(model, dev))
    table, shown = {}, {}
    for src in [x for n, x in enumerate(sorted(by)) if n % int(os.environ.get("PARTS", "1")) == int(os.environ.get("PART", "0"))]:
        rs = by[src]
        random.Random(3).shuffle(rs)
        rs = rs[:per_source]
        t0 = time.time()
        pred = dec.decode(rs)
        dt = time.time() - t0
        tp = fp = fn = good = 0
        cls = any("CLASSIFY]" in r["text"] for r in rs)
        for r, p in zip(rs, pred):
            g, q = keys(r["answer"]), keys(p)
            tp += len(g & q)
            fp += len(q - g)
            fn += len(g - q)
            good += g == q
        P, R = tp / max(1, tp + fp), tp / max(1, tp + fn)
        table[src] = dict(task=rs[0]["task"], n=len(rs), precision=round(P, 4), recall=round(R, 4), f1=round(2 * P * R / max(1e-9, P + R), 4),
                          exact=round(good / len(rs), 4), classification=cls, seconds=round(dt, 2))
        shown[src] = [dict(text=r["text"][:200], gold=r["answer"][:6], pred=p[:6]) for r, p in list(zip(rs, pred))[:3]]
        if not quiet:
            m = table[src]
            log("%-28s %-14s n %4d  P %.3f R %.3f F1 %.3f  %s %.3f  (%.1f s)" % (
                src, str(m["task"])[:14], m["n"], P, R, m["f1"], "accuracy" if cls else "exact rows", m["exact"], dt))
    sc = [m["exact"] if m["classification"] else m["f1"] for m in table.values()]
    if not quiet and sc:
        log("macro mean over %d sources (accuracy or F1): %.4f" % (len(sc), sum(sc) / len(sc)))
    return dict(sources=table, macro=sum(sc) / max(1, len(sc)), samples=shown)


if __name__ == "__main__":
    ap = argparse.ArgumentParser()
    ap.add_argument("--tasks", required=True)
    ap.add_argument("--model", default=WORK + "/ft_final.pt")
    ap.add_argument("--split", default="dev")
    ap.add_argument("--n", type=int, default=250)
    ap.add_argument("--out", default=WORK + "/eval.json")
    ap.add_argument("--which", default="model", help="model (averaged) or raw")
    ap.add_argument("--int8", action="store_true", help="weights rounded to int8 with a scale a row, as the stored form has them")
    A = ap.parse_args()
    dev, rank, world = setup()
    ck = torch.load(A.model, map_location="cpu")
    model = Rex(Cfg(ck["cfg"]), mlm=False).to(dev)
    model.load_state_dict(ck[A.which])
    if A.int8:
        with torch.no_grad():
            for p in model.parameters():
                if p.dim() == 2 and p.numel() > 4096:
                    scale = (p.abs().amax(1, keepdim=True) / 127).clamp_min(1e-12)
                    p.copy_((p / scale).round().clamp(-127, 127) * scale)
    r = evaluate(model, dev, A.tasks, A.split, A.n)
    json.dump(r, open(A.out, "w"), ensure_ascii=False, indent=1)
