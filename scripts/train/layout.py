"""How RexUniNLU lays out a query: hint groups, hints, windows, positions, prefix and type numbers."""

MAX_LEN, HINT_MAX, PREFIX_MAX, TYPE_MAX, STRIDE = 512, 256, 125, 125, 32
HINT_POSITIONS = 128        # the fused attention's bound on a hint's positions; training leaves out what is higher (a question of 100 tokens)


class Layout:
    def __init__(self, tokenizer):
        self.t = tokenizer
        self._ids = {}

    def ids(self, s):
        r = self._ids.get(s)
        if r is None:
            r = self.t.encode(s)[0]
            if len(self._ids) < 300000:
                self._ids[s] = r
        return r

    @staticmethod
    def prefix_string(prefix):
        return ",".join("%s: %s" % (x[0], x[1]) for x in prefix)

    def groups(self, level):
        """level: list of (prefix, types). -> groups, each a list of (prefix, [types]), cut by the reference's rule; types sorted"""
        out, cur, length = [], [], 2
        for prefix, types in level:
            pl = len(self.ids(self.prefix_string(prefix))) + 1
            if pl > PREFIX_MAX:
                continue
            first = True
            for ty in sorted(types):
                tl = len(self.ids(ty)) + 1
                if tl > TYPE_MAX:
                    continue
                if length + tl + (pl if first else 0) > HINT_MAX:
                    if cur:
                        out.append(cur)
                    cur = [(prefix, [ty])]
                    length = 2 + pl + tl
                elif first:
                    cur.append((prefix, [ty]))
                    length += pl + tl
                else:
                    cur[-1][1].append(ty)
                    length += tl
                first = False
        if cur:
            out.append(cur)
        return out

    def hint(self, group):
        """-> ids, pos, pfx, typ (lists up to, without, the first [SEP]), {token index: (prefix, type)}, next position"""
        t = self.t
        ids, pos, pfx, typ, where = [t.cls], [0], [0], [0], {}
        top, nt = 0, 0
        for g, (prefix, types) in enumerate(group, 1):
            a = self.ids(self.prefix_string(prefix))
            n = len(a) + 1
            ids.append(t.prefix_id)
            ids += a
            pos += range(1, 1 + n)
            pfx += [g] * n
            typ += [0] * n
            top = max(top, n)
            for ty in types:
                b = self.ids(ty)
                m = len(b) + 1
                nt += 1
                where[len(ids)] = (prefix, ty)
                ids.append(t.type_id)
                ids += b
                pos += range(1 + n, 1 + n + m)
                pfx += [g] * m
                typ += [nt] * m
                top = max(top, n + m)
        return ids, pos, pfx, typ, where, top + 1

    @staticmethod
    def windows(n, room, stride=STRIDE):
        """token ranges of the text, as the overflow rule of the tokeniser"""
        if n <= room:
            return [(0, n)]
        out, s, step = [], 0, max(1, room - stride)
        while True:
            e = min(n, s + room)
            out.append((s, e))
            if e == n:
                return out
            s += step

    def row(self, hint, text_ids, s, e, mark=None):
        """-> ids, pos, pfx, typ of a whole query over text tokens [s,e), {type token: (prefix, type)}, index of the first text token.
        mark: put this token before the window and drop its last token (later windows of a classification)"""
        ids, pos, pfx, typ, where, nxt = hint
        body = text_ids[s:e]
        if mark is not None:
            body = [mark] + list(body[:-1])
        n = len(body) + 2
        return (ids + [self.t.sep] + list(body) + [self.t.sep], pos + list(range(nxt, nxt + n)), pfx + [0] * n, typ + [0] * n,
                where, len(ids) + 1)
