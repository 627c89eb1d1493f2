"""BERT-style WordPiece tokeniser (own code, no dependency): offsets for fine-tuning and
decoding (encode), and a numpy fast path for the pre-training corpus (encode_ids).
Same behaviour as BertTokenizerFast with do_lower_case, Chinese splitting and the four added tokens."""
import os
import re
import unicodedata
import numpy as np

VOCAB = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "models", "default", "vocab.txt")

PREFIX, TYPE, CLASSIFY, MULTI = "[PREFIX]", "[TYPE]", "[CLASSIFY]", "[MULTICLASSIFY]"
ADDED = [PREFIX, TYPE, CLASSIFY, MULTI]


def _is_cjk(cp):
    return (0x4E00 <= cp <= 0x9FFF or 0x3400 <= cp <= 0x4DBF or 0x20000 <= cp <= 0x2A6DF or
            0x2A700 <= cp <= 0x2B73F or 0x2B740 <= cp <= 0x2B81F or 0x2B920 <= cp <= 0x2CEAF or
            0xF900 <= cp <= 0xFAFF or 0x2F800 <= cp <= 0x2FA1F)


def _is_punct(ch):
    cp = ord(ch)
    if 33 <= cp <= 47 or 58 <= cp <= 64 or 91 <= cp <= 96 or 123 <= cp <= 126:
        return True
    return unicodedata.category(ch)[0] == "P"


def _is_ws(ch):
    return ch in " \t\n\r\u2028\u2029" or unicodedata.category(ch) == "Zs"


class Tok:
    def __init__(self, vocab_path):
        with open(vocab_path, encoding="utf-8") as f:
            self.vocab_list = [l.rstrip("\n") for l in f]
        self.vocab = {t: i for i, t in enumerate(self.vocab_list)}
        self.base_size = len(self.vocab_list)
        for t in ADDED:
            if t not in self.vocab:
                self.vocab[t] = len(self.vocab)
        self.size = len(self.vocab)
        v = self.vocab
        self.pad, self.cls, self.sep, self.unk, self.mask = (v["[PAD]"], v["[CLS]"], v["[SEP]"], v["[UNK]"], v["[MASK]"])
        self.prefix_id, self.type_id, self.classify_id, self.multi_id = [v[t] for t in ADDED]
        specials = ADDED + ["[PAD]", "[CLS]", "[SEP]", "[UNK]", "[MASK]"]
        self.split_re = re.compile("(" + "|".join(re.escape(s) for s in specials) + ")")
        self._cc = {}
        self._wc = {}
        self._lut = None

    # ---- characters: (kind, payload); 0 single token id, 1 white space, 2 dropped, 3 word characters, 4 mixed
    def _char(self, ch):
        r = self._cc.get(ch)
        if r is not None:
            return r
        cp = ord(ch)
        if _is_ws(ch):
            r = (1, None)
        elif cp == 0 or cp == 0xFFFD or unicodedata.category(ch) in ("Cc", "Cf", "Co"):
            r = (2, None)
        else:
            cjk = _is_cjk(cp)
            s = unicodedata.normalize("NFD", ch)
            s = "".join(c for c in s if unicodedata.category(c) != "Mn").lower()
            s = "".join(c for c in s if not _is_ws(c))
            if s == "":
                r = (2, None)
            elif cjk or (len(s) == 1 and _is_punct(s)):
                r = (0, self._word(s)[0][0]) if len(s) == 1 else (4, s)
            elif any(_is_punct(c) for c in s):
                r = (4, s)
            else:
                r = (3, s)
        if len(self._cc) < 200000:
            self._cc[ch] = r
        return r

    def _word(self, w):
        r = self._wc.get(w)
        if r is not None:
            return r
        v = self.vocab
        if len(w) > 100:
            r = [(self.unk, 0, len(w))]
        else:
            r, s, n = [], 0, len(w)
            while s < n:
                e = n
                while e > s:
                    t = v.get(("##" if s else "") + w[s:e])
                    if t is not None:
                        break
                    e -= 1
                if e == s:
                    r = [(self.unk, 0, n)]
                    break
                r.append((t, s, e))
                s = e
        if len(self._wc) < 500000:
            self._wc[w] = r
        return r

    def _encode_plain(self, text, base, ids, offs):
        word, where = [], []

        def flush():
            if word:
                w = "".join(word)
                for t, s, e in self._word(w):
                    ids.append(t)
                    offs.append((where[s], where[e - 1] + 1))
                word.clear()
                where.clear()
        cc = self._cc
        for i, ch in enumerate(text):
            r = cc.get(ch) or self._char(ch)
            k = r[0]
            if k == 0:
                if word:
                    flush()
                ids.append(r[1])
                offs.append((base + i, base + i + 1))
            elif k == 3:
                for c in r[1]:
                    word.append(c)
                    where.append(base + i)
            elif k == 1:
                if word:
                    flush()
            elif k == 4:
                if word and not _is_cjk(ord(r[1][0])):
                    pass
                for c in r[1]:
                    if _is_punct(c) or _is_cjk(ord(c)):
                        flush()
                        ids.append(self._word(c)[0][0])
                        offs.append((base + i, base + i + 1))
                    else:
                        word.append(c)
                        where.append(base + i)
        flush()

    def encode(self, text):
        """-> ids, offsets (character offsets in the text); special tokens written in the text are recognised"""
        ids, offs = [], []
        if "[" in text:
            p = 0
            for m in self.split_re.finditer(text):
                if m.start() > p:
                    self._encode_plain(text[p:m.start()], p, ids, offs)
                ids.append(self.vocab[m.group(0)])
                offs.append((m.start(), m.end()))
                p = m.end()
            if p < len(text):
                self._encode_plain(text[p:], p, ids, offs)
        else:
            self._encode_plain(text, 0, ids, offs)
        return ids, offs

    # ---- corpus fast path
    def lut(self):
        if self._lut is None:
            L = np.full(0x110000, -4, np.int32)
            for cp in range(0x30000):
                if 0xD800 <= cp < 0xE000:
                    continue
                if 0xE000 <= cp < 0xF900 or 0x10000 <= cp < 0x20000 and cp > 0x1FAFF:
                    L[cp] = -2
                    continue
                k, x = self._char(chr(cp))
                L[cp] = x if k == 0 else (-1 if k == 1 else (-2 if k == 2 else (-3 if k == 3 and x == chr(cp) else -4)))
            L[0x30000:] = self.unk
            self._lut = L
            self._cc.clear()
        return self._lut

    def encode_ids(self, text):
        """numpy array of ids of a long text; '\\n' is white space (callers put their own separators)"""
        cps = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
        k = self.lut()[cps]
        w = (k <= -3) | (k == -2)
        if not w.any():
            return k[k >= 0].astype(np.uint16)
        d = np.diff(np.concatenate([[False], w, [False]]).astype(np.int8))
        st, en = np.flatnonzero(d == 1), np.flatnonzero(d == -1)
        pieces, counts = [], np.empty(len(st), np.int64)
        wc = self._rc = getattr(self, "_rc", {})
        for n, (s, e) in enumerate(zip(st.tolist(), en.tolist())):
            t = text[s:e]
            r = wc.get(t)
            if r is None:
                ids, offs = [], []
                self._encode_plain(t, 0, ids, offs)
                r = ids
                if len(wc) < 1000000:
                    wc[t] = r
            pieces.extend(r)
            counts[n] = len(r)
        # interleave: single tokens at their place, run tokens at the run's start
        reps = (k >= 0).astype(np.int64)
        reps[st] = counts
        out = np.repeat(k, reps)
        pos = np.cumsum(reps)
        start = pos[st] - counts
        tot = int(counts.sum())
        idx = np.repeat(start - (np.cumsum(counts) - counts), counts) + np.arange(tot)
        out[idx] = pieces
        return out.astype(np.uint16)
