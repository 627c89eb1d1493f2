"""Fused "disentangled softmax":  P = softmax(S + T1[i, p_i-p_j+D] + T2[j, p_i-p_j+D]) with the hint mask inline.

S [HB,N,N] content scores, T1 [HB,N,W] query x position-key table, T2 [HB,N,W] key x position-query table,
W = 2*D, batch index = hb % B. Triton forward/backward; the matrix products stay in cuBLAS.
LINEAR: positions are 0..N-1 and there is no mask (pre-training); otherwise positions, prefix and type
numbers per token are read (fine-tuning); collisions in the table gradients go through fp32 atomics."""
import json, os
import torch

TUNED = {}          # row length -> [BI, warps] of _fwd, then of _bwd (linear mode), as tune.py found them
if os.path.exists("/dev/shm/tune.json"):
    TUNED = {int(k): v for k, v in json.load(open("/dev/shm/tune.json")).items()}

try:
    import triton
    import triton.language as tl
    HAVE_TRITON = True
except Exception:
    HAVE_TRITON = False

if HAVE_TRITON:
    @triton.jit
    def _fwd(S, T1, T2, POS, PFX, TYP, P, B, N, W, D, LINEAR: tl.constexpr, BI: tl.constexpr, BJ: tl.constexpr):
        nib = tl.cdiv(N, BI)
        pid = tl.program_id(0)
        hb = (pid // nib).to(tl.int64)
        i = (pid % nib) * BI + tl.arange(0, BI)
        j = tl.arange(0, BJ)
        mi = i < N
        mj = j < N
        m2 = mi[:, None] & mj[None, :]
        if LINEAR:
            rel = i[:, None] - j[None, :] + D
        else:
            b = (hb % B)
            pi = tl.load(POS + b * N + i, mask=mi, other=0)
            pj = tl.load(POS + b * N + j, mask=mj, other=0)
            rel = pi[:, None] - pj[None, :] + D
        x = tl.load(S + hb * N * N + i[:, None] * N + j[None, :], mask=m2, other=0.).to(tl.float32)
        x += tl.load(T1 + hb * N * W + i[:, None] * W + rel, mask=m2, other=0.).to(tl.float32)
        x += tl.load(T2 + hb * N * W + j[None, :] * W + rel, mask=m2, other=0.).to(tl.float32)
        ok = m2
        if not LINEAR:
            fi = tl.load(PFX + b * N + i, mask=mi, other=0)
            fj = tl.load(PFX + b * N + j, mask=mj, other=-1)
            ti = tl.load(TYP + b * N + i, mask=mi, other=0)
            tj = tl.load(TYP + b * N + j, mask=mj, other=0)
            same = (ti[:, None] <= 0) | (tj[None, :] <= 0) | (ti[:, None] == tj[None, :])
            good = (fi[:, None] <= 0) | (fj[None, :] <= 0) | ((fi[:, None] == fj[None, :]) & same)
            ok = m2 & (fj[None, :] >= 0) & good
        x = tl.where(ok, x, -1e30)
        mx = tl.max(x, 1)
        e = tl.where(ok, tl.exp(x - mx[:, None]), 0.)
        s = tl.sum(e, 1)
        p = e / tl.where(s > 0, s, 1.)[:, None]
        tl.store(P + hb * N * N + i[:, None] * N + j[None, :], p.to(P.dtype.element_ty), mask=m2)

    @triton.jit
    def _bwd(P, DP, DS, DT1, DT2, POS, B, N, W, D, LINEAR: tl.constexpr, BI: tl.constexpr, BJ: tl.constexpr):
        nib = tl.cdiv(N, BI)
        pid = tl.program_id(0)
        hb = (pid // nib).to(tl.int64)
        i = (pid % nib) * BI + tl.arange(0, BI)
        j = tl.arange(0, BJ)
        mi = i < N
        mj = j < N
        m2 = mi[:, None] & mj[None, :]
        o = hb * N * N + i[:, None] * N + j[None, :]
        p = tl.load(P + o, mask=m2, other=0.).to(tl.float32)
        dp = tl.load(DP + o, mask=m2, other=0.).to(tl.float32)
        ds = p * (dp - tl.sum(p * dp, 1)[:, None])
        tl.store(DS + o, ds.to(DS.dtype.element_ty), mask=m2)
        if LINEAR:
            rel = i[:, None] - j[None, :] + D
            tl.store(DT1 + hb * N * W + i[:, None] * W + rel, ds.to(DT1.dtype.element_ty), mask=m2)
            tl.store(DT2 + hb * N * W + j[None, :] * W + rel, ds.to(DT2.dtype.element_ty), mask=m2)
        else:
            b = (hb % B)
            pi = tl.load(POS + b * N + i, mask=mi, other=0)
            pj = tl.load(POS + b * N + j, mask=mj, other=0)
            rel = pi[:, None] - pj[None, :] + D
            nz = m2 & (p > 0)
            tl.atomic_add(DT1 + hb * N * W + i[:, None] * W + rel, ds, mask=nz, sem="relaxed")
            tl.atomic_add(DT2 + hb * N * W + j[None, :] * W + rel, ds, mask=nz, sem="relaxed")

    class DisSoftmax(torch.autograd.Function):
        @staticmethod
        def forward(ctx, S, T1, T2, pos, pfx, typ, D):
            HB, N, _ = S.shape
            W = T1.shape[-1]
            linear = pos is None
            P = torch.empty_like(S)
            B = 1 if linear else pos.shape[0]
            BJ = max(16, triton.next_power_of_2(N))
            BI = 32 if BJ <= 256 else 16
            nw = 4 if BJ <= 128 else 8
            bBI, bnw = BI, nw
            if linear and N in TUNED:
                BI, nw, bBI, bnw = TUNED[N]
            d = S if linear else pos
            _fwd[(HB * triton.cdiv(N, BI),)](S, T1, T2, d, d if linear else pfx, d if linear else typ, P,
                                            B, N, W, D, LINEAR=linear, BI=BI, BJ=BJ, num_warps=nw)
            ctx.save_for_backward(P, pos)
            ctx.meta = (D, W, bBI, BJ, bnw)
            return P

        @staticmethod
        def backward(ctx, dP):
            P, pos = ctx.saved_tensors
            D, W, BI, BJ, nw = ctx.meta
            HB, N, _ = P.shape
            linear = pos is None
            dP = dP.contiguous()
            dS = torch.empty_like(P)
            dt = P.dtype if linear else torch.float32
            dT1 = torch.zeros(HB, N, W, dtype=dt, device=P.device)
            dT2 = torch.zeros(HB, N, W, dtype=dt, device=P.device)
            _bwd[(HB * triton.cdiv(N, BI),)](P, dP, dS, dT1, dT2, P if linear else pos, 1 if linear else pos.shape[0],
                                            N, W, D, LINEAR=linear, BI=BI, BJ=BJ, num_warps=nw)
            return dS, dT1.to(P.dtype), dT2.to(P.dtype), None, None, None, None
