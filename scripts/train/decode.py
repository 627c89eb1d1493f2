"""Reference decoding, level by level, many rows at once: what the server does, for scoring during training."""
import torch
from layout import MAX_LEN, STRIDE
from rows import kind_of

NAMES = {1: "[CLASSIFY]", 2: "[MULTICLASSIFY]"}


class Runner:
    """runner([(row, kind)]) -> for each {(i, j): probability} of the cells with logit > 0 whose row or column lies in the text; for
    classification rows the cells of the class token and the type tokens, whatever their sign. fp32, as the server computes."""

    def __init__(self, model, dev, tokens=16384, cap=2000):
        self.model, self.dev, self.tokens, self.cap = model.eval(), dev, tokens, cap

    def __call__(self, jobs):
        out = [None] * len(jobs)
        order = sorted(range(len(jobs)), key=lambda n: len(jobs[n][0][0]))
        while order:
            n = 1
            while n < len(order) and self.padded(jobs[order[n]]) * (n + 1) <= self.tokens:
                n += 1
            part, order = order[:n], order[n:]
            for i, cells in zip(part, self.batch([jobs[i] for i in part])):
                out[i] = cells
        return out

    @staticmethod
    def padded(job):
        return (len(job[0][0]) + 31) // 32 * 32

    def logits(self, jobs):
        """-> link logits [B, S, S], valid tokens [B, S], the first text token of each row [B]"""
        B, S = len(jobs), max(map(self.padded, jobs))
        meta = torch.zeros(4, B, S, dtype=torch.int32)
        meta[2] = -1
        first = torch.tensor([j[0][5] for j in jobs])
        for b, (row, _) in enumerate(jobs):
            for t, values in zip(meta, row[:4]):
                t[b, :len(values)] = torch.tensor(values, dtype=torch.int32)
        meta, first = meta.to(self.dev), first.to(self.dev)
        ids, pos, pfx, typ = meta
        with torch.no_grad():
            return self.model.link_logits(self.model.encode(ids.long(), pos, pfx, typ).float(), pos), pfx >= 0, first

    def batch(self, jobs):
        logits, valid, first = self.logits(jobs)
        B, S = valid.shape
        with torch.no_grad():
            text = torch.arange(S, device=self.dev)[None] >= first[:, None]
            hit = ((logits > 0) & valid[:, :, None] & valid[:, None, :] & (text[:, :, None] | text[:, None, :])).nonzero()
            if len(hit) > self.cap * B:             # an untrained model's flood
                hit = hit[:0]
            p = torch.sigmoid(logits[hit[:, 0], hit[:, 1], hit[:, 2]]).tolist()
        cells = [{} for _ in jobs]
        for (b, i, j), q in zip(hit.tolist(), p):
            cells[b][(i, j)] = q
        for b, (row, kind) in enumerate(jobs):
            if kind:
                k = row[5]
                out, back = torch.sigmoid(logits[b, k]).tolist(), torch.sigmoid(logits[b, :, k]).tolist()
                cells[b] = {(k, k): out[k]}
                for t in row[4]:
                    cells[b][(k, t)], cells[b][(t, k)] = out[t], back[t]
        return cells


def legal_paths(schema):
    out = set()

    def go(s, path):
        if not s:
            out.add(tuple(path))
        for k in s or ():
            go(s[k], path + [k])
    go(schema, [])
    return out


class Decoder:
    def __init__(self, layout, run, most_prefixes=100):
        self.layout, self.run, self.most = layout, run, most_prefixes

    def decode(self, rows):
        """-> answers, one list of paths a row"""
        t = self.layout.t
        states = []
        for r in rows:
            ids, offsets = t.encode(r["text"])
            states.append(dict(row=r, ids=ids, offsets=offsets, kind=kind_of(r["text"]), out=[], legal=legal_paths(r["schema"]), votes={}))
        self.loop(states, [(n, [((), r["schema"])]) for n, r in enumerate(rows)], False)
        again = [n for n, s in enumerate(states) if s["kind"] and not s["votes"] and s["ids"] and s["ids"][0] in (t.classify_id, t.multi_id)]
        self.loop(states, [(n, [((), rows[n]["schema"])]) for n in again], True)     # the handshake pass
        return [s["out"] if s["kind"] == 0 else self.final(s) for s in states]

    @staticmethod
    def final(s):
        name = NAMES[s["kind"]]

        def path(labels):
            return [dict(type=t, span=name, offset=[0, len(name)]) for t in labels]
        mean = {}
        for labels, votes in s["votes"].items():
            votes = votes[:1] if s["kind"] == 2 else votes
            mean[labels] = [sum(col) / len(col) for col in zip(*votes)]
        if not mean:
            return []
        if s["kind"] == 1:
            best = {}
            for labels, m in mean.items():
                if len(labels) not in best or sum(m) > sum(mean[best[len(labels)]]):
                    best[len(labels)] = labels
            return [path(max(best.values(), key=lambda l: sum(mean[l]) / len(l)))]
        score = {l: sum(m) / len(m) for l, m in mean.items()}
        return [path(l) for l in score if score[l] > .9] or [path(max(score, key=score.get))]

    def loop(self, states, frontier, blank):
        layout, t = self.layout, self.layout.t
        while frontier:
            jobs = []
            for n, level in frontier:
                s, below = states[n], dict(level)
                for g in layout.groups([(prefix, list(schema)) for prefix, schema in level]):
                    hint = layout.hint(g)
                    room = MAX_LEN - len(hint[0]) - 2
                    for w, (a, b) in enumerate(layout.windows(len(s["ids"]), room, 0 if s["kind"] else STRIDE)):
                        mark = (t.classify_id if s["kind"] == 1 else t.multi_id) if s["kind"] and w else None
                        jobs.append((n, below, layout.row(hint, s["ids"], a, b, mark), a))
            found = self.run([(j[2], states[j[0]]["kind"]) for j in jobs])
            following = {}
            for (n, below, row, a), cells in zip(jobs, found):
                f = following.setdefault(n, {})
                if states[n]["kind"]:
                    self.classes(states[n], below, row, cells, f, blank)
                else:
                    self.spans(states[n], below, row, a, cells, f)
            frontier = [(n, list(f.items())) for n, f in following.items() if f]

    def spans(self, s, below, row, a, cells, following):
        where, k = row[4], row[5]
        text, length = s["row"]["text"], len(row[0]) - k - 1
        heads, tails, spans = {}, {}, []
        for i, j in cells:
            if i >= k and j >= k:
                if i <= j:
                    spans.append((i, j))
            elif i >= k and j in where:
                heads.setdefault(i, set()).add(j)
            elif j >= k and i in where:
                tails.setdefault(j, set()).add(i)
        for i, j in sorted(spans):
            if j - k >= length:
                continue
            for ti in sorted(heads.get(i, set()) & tails.get(j, set())):
                prefix, ty = where[ti]
                start, end = s["offsets"][a + i - k][0], s["offsets"][a + j - k][1]
                if start >= end:
                    continue
                while text[start] == " ":
                    start += 1
                path = prefix + ((ty, text[start:end], (start, end)),)
                if below[prefix][ty] and len(following) < self.most:
                    following[path] = below[prefix][ty]
                if tuple(q[0] for q in path) in s["legal"]:
                    s["out"].append([dict(type=q[0], span=q[1], offset=list(q[2])) for q in path])

    @staticmethod
    def classes(s, below, row, cells, following, blank):
        """the cells of the class token, which is the first text token"""
        name, where, k = NAMES[s["kind"]], row[4], row[5]
        own = cells[(k, k)]
        for ti, (prefix, ty) in where.items():
            there, back = cells[(k, ti)], cells[(ti, k)]
            if not blank and min(own, there, back) <= .5:
                continue
            path = prefix + ((ty, name, (0, len(name)), round((own + there + back) / 3, 4)),)
            labels = tuple(q[0] for q in path)
            if below[prefix][ty] and not any(tuple(q[0] for q in old) == labels for old in following):
                following[path] = below[prefix][ty]
            if labels in s["legal"]:
                s["votes"].setdefault(labels, []).append([q[3] for q in path])
