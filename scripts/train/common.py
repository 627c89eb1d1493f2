"""What the stages share: device, compilation, the check of the fused attention, the progress log."""
import contextlib
import json
import os
import time
import torch
import torch.distributed as dist
import attention
import model as models


RANK, WORLD = int(os.environ.get("RANK", "0")), int(os.environ.get("WORLD_SIZE", "1"))     # set by torch.distributed.run


def log(*words):
    if RANK == 0:
        print(time.strftime("%H:%M:%S"), *words, flush=True)


def device():
    """this process's device; joins the others where several processes train together"""
    cuda = torch.cuda.is_available()
    if cuda:
        torch.cuda.set_device(int(os.environ.get("LOCAL_RANK", "0")))
    if WORLD > 1 and not dist.is_initialized():
        dist.init_process_group("nccl" if cuda else "gloo")
    if not cuda:
        return torch.device("cpu")
    torch.set_float32_matmul_precision("high")
    torch.backends.cudnn.benchmark = True
    return torch.device("cuda", torch.cuda.current_device())


def amp(dev):
    """bf16 products on a card; fp32 on the CPU. No cache of cast weights: it would outlive a recorded graph"""
    return torch.autocast("cuda", torch.bfloat16, cache_enabled=False) if dev.type == "cuda" else contextlib.nullcontext()


def compiler(dev):
    """torch.compile on a card, None on the CPU (or with NOCOMPILE set)"""
    if dev.type != "cuda" or os.environ.get("NOCOMPILE") or not hasattr(torch, "compile"):
        return None
    import torch._dynamo as dynamo
    for k in ("cache_size_limit", "recompile_limit"):
        if hasattr(dynamo.config, k):
            setattr(dynamo.config, k, 64)
    return torch.compile


def prepare(model, dev):
    """the fastest correct way to run: fused attention where its check passes, a compiled feed-forward block"""
    model.fused = model.cfg.hidden_size == attention.HEAD * model.cfg.num_attention_heads and check_fused(dev)
    compiled = compiler(dev)
    if compiled:
        model.after = compiled(models.after_attention)
    return model


def check_fused(dev):
    """True when the fused attention equals the plain one, values and gradients, with and without the hint mask"""
    if dev.type != "cuda" or not attention.HAVE_TRITON:
        return False
    torch.manual_seed(1)
    m = models.Rex(models.Config.make(hidden_size=128, num_hidden_layers=2, num_attention_heads=2, intermediate_size=256, vocab_size=500)).to(dev)
    for p in m.parameters():
        if p.requires_grad:
            p.data.add_(torch.randn_like(p) * .05)
    worst = 0.
    for S in (64, 192, 384):
        ids = torch.randint(5, 500, (3, S), device=dev)
        pos = torch.arange(S, device=dev, dtype=torch.int32).repeat(3, 1) - 16      # after a hint of 30 tokens and 14 positions
        pfx, typ = torch.zeros_like(pos), torch.zeros_like(pos)
        pfx[:, 1:10], pfx[:, 10:30], pfx[2, -20:] = 1, 2, -1
        typ[:, 4:6], typ[:, 6:10], typ[:, 15:20], typ[:, 20:30] = 1, 2, 3, 4
        pos[:, 0] = 0
        pos[:, 1:30] = torch.cat([torch.arange(a, b) for a, b in ((1, 4), (4, 6), (4, 8), (1, 6), (6, 11), (4, 14))])
        for args in ((None, None, None), (pos, pfx, typ)):
            out = []
            for m.fused in (False, True):
                m.zero_grad()
                x = m.encode(ids, *args)
                w = torch.sin(torch.arange(x.numel(), device=dev).view_as(x) * .37)
                keep = torch.ones(3, S, 1, device=dev) if args[1] is None else (args[1] >= 0).unsqueeze(-1)
                (x * w * keep).sum().backward()
                out.append((x.detach() * keep, torch.cat([p.grad.flatten() for p in m.parameters() if p.grad is not None])))
            (x0, g0), (x1, g1) = out
            worst = max(worst, (x0 - x1).abs().max().item(), ((g0 - g1).norm() / g0.norm()).item())
    log("fused attention: largest difference %.2g%s" % (worst, "" if worst < 2e-2 else ": NOT used"))
    return worst < 2e-2


def resume(part, optimiser):
    """how much of an interrupted run is done, 0 where none was; its optimiser is loaded"""
    if not os.path.exists(part):
        return 0.
    saved = torch.load(part, map_location="cpu")
    optimiser.load(saved["optimiser"])
    log("goes on at step %d, %.0f %%" % (optimiser.n, 100 * saved["done"]))
    return saved["done"]


def parse_run(ap, argv):
    """a stage's arguments with its length and seed"""
    ap.add_argument("--seconds", type=float, default=0)
    ap.add_argument("--steps", type=int, default=0)
    a = ap.parse_args(argv)
    if bool(a.seconds) == bool(a.steps):
        ap.error("one of --seconds and --steps")
    torch.manual_seed(a.seed)
    return a


class Clock:
    """done(n): how much of the run is over at step n, 0..1; all processes get the first one's answer, anew every 16 steps"""

    def __init__(self, seconds, steps, first, dev):
        self.seconds, self.steps, self.first, self.dev = seconds, steps, first, dev
        self.start = time.time()
        self.value = first

    def done(self, n):
        if self.steps:
            return n / self.steps
        if n % 16 == 0:
            self.value = self.first + (1 - self.first) * (time.time() - self.start) / self.seconds
            if WORLD > 1:
                t = torch.tensor([self.value], dtype=torch.float64, device=self.dev)
                dist.broadcast(t, 0)
                self.value = t.item()
        return self.value


class Progress:
    """a line every few seconds and a JSON-lines curve that `curves.py` draws"""

    def __init__(self, path, every=5.):
        self.path, self.every, self.last, self.start = path, every, time.time(), time.time()

    def due(self):
        return time.time() - self.last > self.every

    def show(self, kind, **figures):
        self.last = time.time()
        if RANK:
            return
        figures = {k: round(v, 6) if isinstance(v, float) else v for k, v in figures.items()}
        log(kind, " ".join("%s %s" % (k, v) for k, v in figures.items()))
        with open(self.path, "a", encoding="utf-8") as f:
            f.write(json.dumps(dict(kind=kind, **figures)) + "\n")
