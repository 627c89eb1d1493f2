"""safetensors of export_mlm.py (fp16 or int8) -> a .pt that --init takes: from_st.py IN.safetensors OUT.pt"""
import sys, json, struct, torch
b = open(sys.argv[1], "rb").read()
n = struct.unpack("<Q", b[:8])[0]
h = json.loads(b[8:8 + n]); m = h.pop("__metadata__", {})
T = {"F32": torch.float32, "F16": torch.float16, "I8": torch.int8}
sd = {}
for k, v in h.items():
    o, e = v["data_offsets"]
    sd[k] = torch.frombuffer(bytearray(b[8 + n + o:8 + n + e]), dtype=T[v["dtype"]]).view(v["shape"])
for k in [k for k in sd if k.endswith(".scale")]:
    sd[k[:-6]] = sd[k[:-6]].float() * sd.pop(k)[:, None]
torch.save(dict(cfg=json.loads(m["config"]), model={k: v.float() for k, v in sd.items()}), sys.argv[2])
print(len(sd), "tensors")
