"""Reads and writes weights: training checkpoints (.pt), published layouts (pytorch_model.bin, model.safetensors with int8 rows)."""
import json
import os
import struct
import numpy as np
import torch

TYPES = {"F32": (torch.float32, np.float32), "F16": (torch.float16, np.float16), "I8": (torch.int8, np.int8)}


def read_safetensors(path):
    """name -> float32 tensor; int8 rows are multiplied by their scales"""
    with open(path, "rb") as f:
        (n,) = struct.unpack("<Q", f.read(8))
        head = json.loads(f.read(n))
        body = f.read()
    raw = {}
    for name, t in head.items():
        if name != "__metadata__":
            a, b = t["data_offsets"]
            raw[name] = torch.from_numpy(np.frombuffer(body[a:b], TYPES[t["dtype"]][1]).copy()).view(t["shape"])
    out = {k: v.float() for k, v in raw.items() if not k.endswith(".scale")}
    for k in raw:
        if k.endswith(".scale"):
            out[k[:-6]] = out[k[:-6]] * raw[k][:, None]
    return out


def int8_rows(tensor):
    scale = (tensor.abs().amax(1) / 127).clamp_min(1e-12)
    return (tensor / scale[:, None]).round().clamp(-127, 127).to(torch.int8), scale


def stored_as_int8(tensor):
    return tensor.dim() == 2 and tensor.numel() > 4096


def write_safetensors(path, state):
    """int8 with a scale per row for matrices, fp16 for the rest, fp32 for the rotary frequencies; deterministic bytes"""
    out = {}
    for k, v in state.items():
        v = v.detach().cpu().float()
        if not torch.isfinite(v).all():
            raise ValueError(k + " holds values that are not finite")
        if stored_as_int8(v):
            q, scale = int8_rows(v)
            out[k], out[k + ".scale"] = ("I8", q), ("F32", scale)
        else:
            out[k] = ("F32", v) if k == "rotary_emb.freqs" else ("F16", v.half())
    head, offset = {"__metadata__": {"format": "pt", "int8": "row scale in NAME.scale: value = int8 * scale"}}, 0
    order = sorted(out, key=lambda k: (-out[k][1].element_size(), k))        # widest first: every tensor lies aligned
    for k in order:
        kind, v = out[k]
        n = v.numel() * v.element_size()
        head[k] = {"dtype": kind, "shape": list(v.shape), "data_offsets": [offset, offset + n]}
        offset += n
    h = json.dumps(head).encode()
    h += b" " * (-len(h) % 8)
    with open(path, "wb") as f:
        f.write(struct.pack("<Q", len(h)))
        f.write(h)
        for k in order:
            f.write(out[k][1].contiguous().numpy().tobytes())


def read(path):
    """-> (state, config or None); path: .pt, .bin, .safetensors or a folder of the published layout"""
    if os.path.isdir(path):
        path = next(p for p in (path + "/model.safetensors", path + "/pytorch_model.bin") if os.path.exists(p))
    beside = os.path.join(os.path.dirname(path), "config.json")
    config = None
    if os.path.exists(beside):
        with open(beside, encoding="utf-8") as f:
            config = json.load(f)
    if path.endswith(".safetensors"):
        return read_safetensors(path), config
    state = torch.load(path, map_location="cpu")
    if "model" in state:
        return state["model"], state.get("config", config)
    return state, config


def load_into(model, state):
    own = model.state_dict()
    use = {k: v.float() for k, v in state.items() if k in own and own[k].shape == v.shape}
    model.load_state_dict(use, strict=False)
    return [k for k in own if k not in use]


def save(path, obj):
    torch.save(obj, path + ".tmp")
    os.replace(path + ".tmp", path)
