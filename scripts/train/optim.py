"""One flat buffer for parameters, gradients, moments and their running average; AdamW, and Muon for the matrices of the layers.

Flat buffers make a step a handful of kernels, so that it can be recorded in a CUDA graph together with the forward and backward pass."""
import math
import torch


def adamw(p, g, m, v, avg, s, decay, betas=(.9, .98), eps=1e-6):
    """s: [clip, rate, correction 1, correction 2, averaging weight] on the device"""
    g = g * s[0]
    m.lerp_(g, 1 - betas[0])
    v.lerp_(g * g, 1 - betas[1])
    step = (m * s[2]) / ((v * s[3]).sqrt() + eps)
    p.copy_(p * (1 - s[1] * decay) - s[1] * step)
    avg.lerp_(p, s[4])


def orthogonal(g):
    """Newton–Schulz iteration towards the orthogonal factor, batched (Muon's coefficients)"""
    x = g.bfloat16() if g.is_cuda else g
    tall = x.shape[-2] > x.shape[-1]
    if tall:
        x = x.transpose(-2, -1)
    x = x / (x.float().norm(dim=(-2, -1), keepdim=True).to(x.dtype) + 1e-7)
    for _ in range(5):
        y = x @ x.transpose(-2, -1)
        x = 3.4445 * x + (-4.7750 * y + 2.0315 * (y @ y)) @ x
    return (x.transpose(-2, -1) if tall else x).float()


class Optimiser:
    """step() reads self.set(...)'s scalars from the device. average(): swaps the running average with the weights."""

    def __init__(self, model, rate, decay, muon=0., muon_decay=.1, average=.998, compiled=None):
        self.rate, self.decay, self.muon, self.muon_decay, self.keep = rate, decay, muon, muon_decay, average
        named = [(n, p) for n, p in model.named_parameters() if p.requires_grad]
        matrices = {}
        for n, p in named:
            if muon and ".layer." in n and p.dim() == 2:
                matrices.setdefault(tuple(p.shape), []).append(p)
        taken = {id(p) for ps in matrices.values() for p in ps}
        rest = [p for _, p in named if id(p) not in taken]
        order = [p for ps in matrices.values() for p in ps] + [p for p in rest if p.dim() >= 2] + [p for p in rest if p.dim() < 2]
        device = order[0].device
        total = sum(p.numel() for p in order)
        self.p = torch.cat([p.detach().flatten() for p in order])
        self.g, self.m, self.v = (torch.zeros(total, device=device) for _ in range(3))
        self.avg = self.p.clone()
        o = 0
        for p in order:
            p.data = self.p[o:o + p.numel()].view_as(p)
            p.grad = self.g[o:o + p.numel()].view_as(p)
            o += p.numel()
        self.groups, o = [], 0          # (slice of the flat buffer, batch shape)
        for shape, ps in matrices.items():
            n = len(ps) * shape[0] * shape[1]
            self.groups.append((slice(o, o + n), (len(ps),) + shape))
            o += n
        self.adam = slice(o, total)
        self.undecayed = total - sum(p.numel() for p in rest if p.dim() < 2)
        self.s = torch.zeros(6, device=device)
        self.n = 0
        self.adamw = compiled(adamw) if compiled else adamw

    def set(self, factor):
        """before a step: its number and the schedule's factor on the rates"""
        self.n += 1
        self.s.copy_(torch.tensor([0, self.rate * factor, 1 / (1 - .9 ** self.n), 1 / (1 - .98 ** self.n),
                                   1 - min(self.keep, (1 + self.n) / (10 + self.n)), self.muon * factor]))

    def zero(self):
        self.g.zero_()

    @torch.no_grad()
    def step(self, clip=1.0):
        norm = self.g.norm()
        finite = torch.isfinite(norm)
        torch.nan_to_num_(self.g, 0., 0., 0.)          # a step with a non-finite gradient becomes one with a zero gradient
        self.s[0] = torch.where(finite, (clip / (norm + 1e-6)).clamp(max=1.), torch.zeros_like(norm))
        for part, shape in self.groups:
            g = (self.g[part] * self.s[0]).view(shape)
            m = self.m[part].view(shape)
            m.lerp_(g, .05)
            u = orthogonal(g.lerp(m, .95)).reshape(-1)
            p = self.p[part]
            p.mul_(1 - self.s[5] * self.muon_decay)
            p.sub_(u * (self.s[5] * (.2 * math.sqrt(max(shape[1:])))))
            self.avg[part].lerp_(p, self.s[4])
        for part, decay in ((slice(self.adam.start, self.undecayed), self.decay), (slice(self.undecayed, self.adam.stop), 0.)):
            self.adamw(self.p[part], self.g[part], self.m[part], self.v[part], self.avg[part], self.s, decay)

    @torch.no_grad()
    def average(self):
        p = self.p.clone()
        self.p.copy_(self.avg)
        self.avg.copy_(p)

    def state(self):
        return dict(p=self.p, m=self.m, v=self.v, avg=self.avg, n=self.n)

    def load(self, state):
        for k in ("p", "m", "v", "avg"):
            getattr(self, k).copy_(state[k])
        self.n = state["n"]
