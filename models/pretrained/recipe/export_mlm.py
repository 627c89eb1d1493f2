"""encoder + MLM head as safetensors: export_mlm.py CHECKPOINT.pt DIR NAME [int8]   (fp16 unless int8: rows with NAME.scale)
fp16 is cut into pieces of 16,000,000 bytes: NAME.part-a?; int8 likewise; NAME.sha256 covers the whole file."""
import sys, os, json, struct, hashlib, torch
src, dst, name = sys.argv[1:4]
i8 = "int8" in sys.argv[4:]
os.makedirs(dst, exist_ok=True)
ck = torch.load(src, map_location="cpu")
sd, out = ck["model"], {}
for k, v in sd.items():
    assert torch.isfinite(v.float()).all(), k
    if i8 and v.dim() == 2 and v.numel() > 4096:
        f = v.float(); s = (f.abs().amax(1) / 127).clamp_min(1e-12)
        out[k] = ("I8", (f / s[:, None]).round().clamp(-127, 127).to(torch.int8).contiguous())
        out[k + ".scale"] = ("F32", s.contiguous())
    elif k == "rotary_emb.freqs": out[k] = ("F32", v.float().contiguous())
    else: out[k] = ("F16", v.half().contiguous())
meta = {"format": "pt", "steps": str(ck.get("steps")), "tokens": str(ck.get("tokens")), "held": str(ck.get("held")), "config": json.dumps(dict(ck["cfg"]))}
if i8: meta["int8"] = "row scale in NAME.scale: value = int8 * scale"
head, off = {"__metadata__": meta}, 0
order = sorted(out, key=lambda k: (-{"F32": 4, "F16": 2, "I8": 1}[out[k][0]], k))
for k in order:
    t, v = out[k]; n = v.numel() * v.element_size()
    head[k] = {"dtype": t, "shape": list(v.shape), "data_offsets": [off, off + n]}; off += n
h = json.dumps(head).encode(); h += b" " * (-len(h) % 8)
data = struct.pack("<Q", len(h)) + h + b"".join(out[k][1].numpy().tobytes() for k in order)
print(name, len(data), "bytes", len(out), "tensors", hashlib.sha256(data).hexdigest())
N = 16000000
for i in range(0, len(data), N):
    open("%s/%s.part-a%s.tmp" % (dst, name, "abcdefgh"[i // N]), "wb").write(data[i:i + N])
for i in range(0, len(data), N):
    p = "%s/%s.part-a%s" % (dst, name, "abcdefgh"[i // N]); os.replace(p + ".tmp", p)
open("%s/%s.sha256" % (dst, name), "w").write("%s  %s.safetensors\n" % (hashlib.sha256(data).hexdigest(), name))
