"""Corpus files (*.xz or *.txt: documents separated by blank lines, paragraphs by newline) to token files for `pretrain.py`.

uint16, [SEP] between documents, all cores; what is there already is skipped. --tasks: the training texts of task folders as one
more corpus, in documents of about 400 characters.
usage: tokenise.py OUT_DIR FILE... [--tasks TASKS...]"""
import argparse
import lzma
import os
import random
import sys
import time
from multiprocessing import Pool
import numpy as np
import rows
from tokenizer import Tok, VOCAB

SEP = 2
NOT_AS_TEXT = ("cold", "cold_topic", "chid")        # offensive texts; idiom blanks
TOKENIZER = None


def start_worker():
    global TOKENIZER
    TOKENIZER = Tok(VOCAB)
    TOKENIZER.lut()


def encode(block):
    out = []
    for doc in block.decode("utf-8", "replace").split("\n\n"):
        if doc.strip():
            out += [TOKENIZER.encode_ids(doc), np.array([SEP], np.uint16)]
    return np.concatenate(out) if out else np.zeros(0, np.uint16)


def blocks(data, size):
    """cut at document borders"""
    p = 0
    while p < len(data):
        e = data.find(b"\n\n", p + size)
        e = len(data) if e < 0 else e + 2
        yield data[p:e]
        p = e


def task_texts(folder):
    seen, docs = set(), []
    for path in rows.files(folder, "train"):
        if os.path.basename(path).split(".")[0] in NOT_AS_TEXT:
            continue
        texts = []
        for r in rows.load(path, rows.load_schemas(folder)):
            text = r["text"].replace("[CLASSIFY]", "").replace("[MULTICLASSIFY]", "").strip().replace("\n\n", "\n")
            if len(text) >= 8 and text not in seen:
                seen.add(text)
                texts.append(text)
        random.Random(1).shuffle(texts)
        while texts:
            doc = []
            while texts and sum(map(len, doc)) < 400:
                doc.append(texts.pop())
            docs.append("\n".join(doc))
    random.Random(2).shuffle(docs)
    return "\n\n".join(docs).encode()


def write(pool, name, data, folder):
    path = os.path.join(folder, name + ".npy")
    size = max(1 << 16, min(2 << 20, len(data) // (2 * (os.cpu_count() or 1)) + 1))
    array = np.concatenate(list(pool.imap(encode, blocks(data, size))) or [np.zeros(0, np.uint16)])
    np.save(path + ".part.npy", array)
    os.replace(path + ".part.npy", path)
    print("%s: %.1f MB -> %.2f M tokens" % (name, len(data) / 1e6, len(array) / 1e6), flush=True)


def main(argv=None):
    ap = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    ap.add_argument("out")
    ap.add_argument("files", nargs="*")
    ap.add_argument("--tasks", nargs="*", default=[])
    a = ap.parse_args(argv)
    os.makedirs(a.out, exist_ok=True)
    start = time.time()
    with Pool(os.cpu_count(), start_worker) as pool:
        for f in a.files:
            name = os.path.basename(f)
            if os.path.exists(os.path.join(a.out, name + ".npy")):
                continue
            with (lzma.open(f) if f.endswith(".xz") else open(f, "rb")) as stream:
                write(pool, name, stream.read(), a.out)
        for t in a.tasks:
            name = "tasks-" + os.path.basename(os.path.abspath(t))
            if not os.path.exists(os.path.join(a.out, name + ".npy")):
                write(pool, name, task_texts(t), a.out)
    print("%.1f s" % (time.time() - start), file=sys.stderr)


if __name__ == "__main__":
    main()
