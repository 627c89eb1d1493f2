"""Training rows from examples: which labels are asked, under which wording, with which prefixes, over which window, with which noise."""
from examples import Example, sub_schema
from layout import HINT_MAX, MAX_LEN

WRONG_PREFIX = .4           # share of rows with deeper levels that also ask below a span which is no answer
MAX_GROUPS = 3              # hint groups taken from one level of an example
MAX_WINDOWS = 2
JOINED, JOINED_TOKENS = .25, 300    # share of texts with deeper levels that are joined with another, and the longest result


class Sampler:
    """rows(example, others of its source) -> [(ids, pos, pfx, typ, [(row, column) of the links])]; deterministic for a seeded rng.

    foreign: labels of classification and event schemas, which no other text can contain as spans; variants: {token: other form of
    it} tables (traditional characters, full width), applied to whole rows now and then."""

    def __init__(self, layout, rewordings, foreign, variants, rng):
        self.layout, self.rewordings, self.foreign, self.variants, self.rng = layout, rewordings, foreign, variants, rng

    def cost(self, types):
        return sum(len(self.layout.ids(t)) + 1 for t in types)

    def choose_types(self, positive, negative, kind):
        """subset of the types of one level; most of the time one hint group's worth, else all (as the decoder asks)"""
        rng = self.rng
        negative, positive = list(negative), list(positive)
        rng.shuffle(negative)
        u = rng.random()
        if kind == 1:
            if u < .3 and len(negative) > 1:
                negative = negative[:rng.randint(1, len(negative))]
            limit = rng.random() < .6
        else:
            if u < .10:                                   # one or two types only
                some = positive[:] if positive and rng.random() < .5 else positive + negative
                rng.shuffle(some)
                some = some[:rng.randint(1, 2)]
                positive, negative = [t for t in some if t in positive], [t for t in some if t not in positive]
            elif u < .30:
                negative = negative[:rng.randint(0, len(negative))]
                if len(positive) > 1 and rng.random() < .4:
                    rng.shuffle(positive)
                    positive = positive[:rng.randint(1, len(positive))]
            elif u < .35:
                positive = []
            limit = rng.random() < .7
        if not limit:
            return positive + negative
        budget = HINT_MAX - 6
        if self.cost(positive) > budget:
            rng.shuffle(positive)
        keep, used = [], 0
        for t in positive + negative:
            k = len(self.layout.ids(t)) + 1
            if used + k <= budget:
                keep.append(t)
                used += k
        return keep

    def namer(self):
        """a function label -> wording, the same for the whole example, never two labels under one wording"""
        rng = self.rng
        share = .6 if rng.random() < .4 else 0.
        chosen, taken = {}, {}

        def name(t):
            r = chosen.get(t)
            if r is None:
                r = self.rewordings.draw(t, rng, True) if share and rng.random() < share else t
                if taken.setdefault(r, t) != t:
                    r = t
                    taken[r] = t
                chosen[t] = r
            return r
        return name

    def with_another(self, ex, others):
        """the example, now and then joined with another of its source: the decoder asks below every prefix, and an object has to
        be refused below the subject that it does not belong to. Never where both speak of the same span: its objects would be
        those of either text."""
        if ex.kind or not any(ex.schema.values()) or self.rng.random() >= JOINED:
            return ex
        other = self.rng.choice(others)
        if len(ex.ids) + len(other.ids) > JOINED_TOKENS or other.schema != ex.schema or ex.text.startswith("#") or other.text.startswith("#"):
            return ex
        spans = {x[1] for path in ex.answers for x in path}
        if any(x[1] in ex.text for path in other.answers for x in path) or any(span in other.text for span in spans):
            return ex
        return Example.joined(ex, other)

    def rows(self, ex, others=()):
        rng = self.rng
        if others:
            ex = self.with_another(ex, others)
        name = self.namer()
        ids = ex.swapped if ex.swapped is not None and rng.random() < .5 else ex.ids
        ids = self.noise(ids, ex)
        out = []
        gold = {}
        for path in ex.answers:
            gold.setdefault(path[0][0], set()).add(path[0][2:])
        types = self.choose_types([t for t in ex.schema if t in gold], [t for t in ex.schema if t not in gold], ex.kind)
        if ex.kind == 0 and self.foreign and rng.random() < .15:
            types = [] if rng.random() < .15 else types
            types = types + [t for t in rng.sample(self.foreign, min(len(self.foreign), rng.randint(1, 4))) if t not in ex.schema]
        types = types or list(ex.schema)[:8]
        wanted = {((), name(t)): gold.get(t, ()) for t in types}
        self.emit(ex, ids, [((), [name(t) for t in types])], wanted, out)
        depth = 1
        while True:
            level, wanted = self.level(ex, depth, name)
            if depth == 1:
                self.add_wrong_prefixes(ex, level, name)
            if not level:
                return out
            rng.shuffle(level)
            self.emit(ex, ids, level, wanted, out)
            depth += 1

    def level(self, ex, depth, name):
        """prefixes of gold items at this depth with the types asked below each, and the spans wanted"""
        seen = {}
        for path in ex.answers:
            if len(path) < depth:
                continue
            below = seen.setdefault(path[:depth], {})
            if len(path) > depth:
                x = path[depth]
                below.setdefault(x[0], set()).add(x[2:])
        level, wanted = [], {}
        for prefix, below in seen.items():
            schema = sub_schema(ex.schema, [x[0] for x in prefix])
            if not schema:
                continue
            types = self.choose_types([t for t in schema if t in below], [t for t in schema if t not in below], 0) or list(schema)[:8]
            key = tuple((name(x[0]), x[1]) for x in prefix)
            known = next((types_ for k, types_ in level if k == key), None)   # the same words elsewhere in the text: one prefix
            if known is None:
                level.append((key, [name(t) for t in types]))
            else:
                known += [name(t) for t in types if name(t) not in known]
            for t in types:
                wanted[(key, name(t))] = set(wanted.get((key, name(t)), ())) | set(below.get(t, ()))
        return level, wanted

    def add_wrong_prefixes(self, ex, level, name):
        """below a span that is no answer nothing is to be found: another item's span, a gold span cut or stretched, or a random one"""
        rng = self.rng
        roots = [t for t in ex.schema if ex.schema[t]]
        if not roots or ex.kind or rng.random() >= WRONG_PREFIX:
            return
        right = {(p[0][0], p[0][1]) for p in ex.answers}
        for _ in range(rng.randint(1, 2)):
            root, u = rng.choice(roots), rng.random()
            if u < .45 and ex.answers:
                span = rng.choice(rng.choice(ex.answers))[1]
            elif u < .75 and ex.answers:
                root, span = rng.choice(ex.answers)[0][:2]
                at = ex.text.find(span)
                span = ex.text[max(0, at + rng.randint(-2, 1)):max(0, at + len(span) + rng.randint(-1, 2))].strip()
            else:
                k = rng.randint(1, 5)
                a = rng.randint(0, max(0, len(ex.text) - k))
                span = ex.text[a:a + k].strip()
            if not span or not ex.schema.get(root) or (root, span) in right or "[" in span:
                continue
            key = ((name(root), span),)
            if all(k != key for k, _ in level):
                types = self.choose_types([], list(ex.schema[root]), 0) or list(ex.schema[root])[:8]
                level.append((key, [name(t) for t in types]))

    def emit(self, ex, ids, level, wanted, out):
        layout, rng = self.layout, self.rng
        groups = layout.groups(level)
        if len(groups) > MAX_GROUPS:                             # groups with something to find first: they are the rare ones
            full = [g for g in groups if any(wanted.get((p, t)) for p, ts in g for t in ts)]
            rest = [g for g in groups if g not in full]
            rng.shuffle(full)
            rng.shuffle(rest)
            keep = full[:MAX_GROUPS - 1]
            groups = keep + (rest + full[MAX_GROUPS - 1:])[:MAX_GROUPS - len(keep)]
        text = ids.tolist()
        for g in groups:
            hint = layout.hint(g)
            room = MAX_LEN - len(hint[0]) - 2
            if ex.kind:
                windows = [(0, min(len(text), room))]
            else:
                windows = layout.windows(len(text), room)
                if len(windows) > MAX_WINDOWS:
                    windows = rng.sample(windows, MAX_WINDOWS)
            for s, e in windows:
                r, pos, pfx, typ, where, k = layout.row(hint, text, s, e)
                links = set()
                for ti, key in where.items():
                    for a, b in wanted.get(key, ()):
                        if a >= s and b < e:
                            i, j = a - s + k, b - s + k
                            links |= {(i, j), (i, ti), (ti, j)}
                out.append((r, pos, pfx, typ, sorted(links)))

    def noise(self, ids, ex):
        """now and then the whole text in traditional characters or full width, or a few tokens hidden. Classes are learnt by heart
        sooner than spans (after 675 M cells train rows scored 10 to 25 points above others), so their texts are hidden in part more often."""
        u = self.rng.random()
        if u < .02 * len(self.variants) and not any(ex.schema.values()):      # prefixes repeat the text as it was written
            return self.variants[int(u / .02)][ids]
        if u > (.65 if ex.kind else .95):
            ids = ids.copy()
            n = max(1, len(ids) // (self.rng.randint(8, 30) if ex.kind and ex.swapped is None else 30))
            for i in self.rng.sample(range(len(ids)), min(n, len(ids))):
                if ids[i] < self.layout.t.base_size and (i or not ex.kind):
                    ids[i] = self.layout.t.mask
        return ids
