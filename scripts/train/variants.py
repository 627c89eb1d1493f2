"""Other forms of a text's tokens: traditional characters and full-width digits and letters, as tables from token to token.

traditional.json: two strings, simplified and traditional, of the characters of the vocabulary that `opencc -c s2t` changes one to one."""
import json
import os
import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))


def traditional():
    with open(HERE + "/traditional.json", encoding="utf-8") as f:
        simplified, traditional_ = json.load(f)
    return dict(zip(simplified, traditional_))


def table(tokenizer, mapping):
    """uint16 [vocabulary]: the token to put in place of each"""
    t = np.arange(tokenizer.size, dtype=np.uint16)
    for a, b in mapping.items():
        if a in tokenizer.vocab and b in tokenizer.vocab:
            t[tokenizer.vocab[a]] = tokenizer.vocab[b]
    return t


def tables(tokenizer):
    wide = {chr(c): chr(c + 0xFEE0) for c in range(0x21, 0x7F)}
    out = []
    for mapping in (traditional(), wide):
        t = table(tokenizer, mapping)
        if (t != np.arange(tokenizer.size)).any():
            out.append(t)
    return out
