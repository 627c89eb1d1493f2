"""Writes the published directory layout from a training checkpoint: config, vocabulary, tokeniser files, int8 rows in safetensors.

usage: export.py FILE.pt OUT_DIR [--keep-mlm] [--average FILE.pt ...]"""
import argparse
import json
import os
import shutil
import weights
from tokenizer import VOCAB

FILES = ("vocab.txt", "tokenizer_config.json", "special_tokens_map.json", "configuration.json")


def mean_of(states):
    return {k: sum(s[k].float() for s in states) / len(states) for k in states[0]}


def main(argv=None):
    ap = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    ap.add_argument("model")
    ap.add_argument("out")
    ap.add_argument("--keep-mlm", action="store_true", help="keep the masked-language head, to go on pre-training")
    ap.add_argument("--average", nargs="*", default=[], help="average the weights with those of these checkpoints")
    a = ap.parse_args(argv)
    state, config = weights.read(a.model)
    if a.average:
        state = mean_of([state] + [weights.read(p)[0] for p in a.average])
    os.makedirs(a.out, exist_ok=True)
    weights.write_safetensors(a.out + "/model.safetensors", {k: v for k, v in state.items() if a.keep_mlm or not k.startswith("mlm.")})
    with open(a.out + "/config.json", "w", encoding="utf-8") as f:
        json.dump(config, f, indent=4)
        f.write("\n")
    for name in FILES:
        shutil.copy(os.path.join(os.path.dirname(VOCAB), name), a.out)
    print("%s: %.2f MB" % (a.out, os.path.getsize(a.out + "/model.safetensors") / 1e6))


if __name__ == "__main__":
    main()
