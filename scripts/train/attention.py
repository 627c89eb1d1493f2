"""Disentangled attention, fused in Triton for training:

    O = softmax((q_i.k_j + T1[i, p_i-p_j+N] + T2[j, p_i-p_j+N]) * scale under RexUniNLU's visibility) V

T1 = q x position keys and T2 = k x position queries [H, B*N, 2N] are cuBLAS products; scores and probabilities never reach memory.
LINEAR: positions are 0..N-1 and all see all (pre-training). Otherwise positions, prefix and type numbers are read per token. In the
gradients of the tables every text token (index >= FIRST) has a position of its own and is stored at once; hint tokens share
positions and are added up by a product with a one-hot matrix, so that no atomics are needed. Hint positions must be below 128.
A table is read along its rows and transposed in shared memory where the tile lies the other way: 16 times fewer sectors.
Forward as FlashAttention-2 (Dao 2023), section 3.1; heads of 64. `model.py` holds the plain form that this is compared with."""
import torch
from layout import HINT_POSITIONS

try:
    import triton
    import triton.language as tl
    HAVE_TRITON = True
except Exception:
    HAVE_TRITON = False

HEAD = 64             # size of a head

if HAVE_TRITON:
    @triton.jit
    def _visible(fi, fj, ti, tj):
        same = (ti <= 0) | (tj <= 0) | (ti == tj)
        return (fj >= 0) & ((fi <= 0) | (fj <= 0) | ((fi == fj) & same))

    @triton.jit
    def _forward(QKV, T1, T2, POS, PFX, TYP, O, LSE, B, N, H, W, scale,
                 LINEAR: tl.constexpr, BI: tl.constexpr, BJ: tl.constexpr, D: tl.constexpr):
        bh = tl.program_id(1)
        b, h = bh // H, bh % H
        i = tl.program_id(0) * BI + tl.arange(0, BI)
        d = tl.arange(0, D)
        mi = i < N
        row = 3 * H * D
        base = QKV + (b * N).to(tl.int64) * row + h * D
        table = (h * B + b).to(tl.int64) * N * W
        q = tl.load(base + i[:, None] * row + d[None, :], mask=mi[:, None], other=0.)
        if LINEAR:
            pi = i
        else:
            pi = tl.load(POS + b * N + i, mask=mi, other=0)
            fi = tl.load(PFX + b * N + i, mask=mi, other=-1)
            ti = tl.load(TYP + b * N + i, mask=mi, other=0)
        top = tl.full([BI], -1e30, tl.float32)
        total = tl.zeros([BI], tl.float32)
        acc = tl.zeros([BI, D], tl.float32)
        for j0 in range(0, N, BJ):
            j = j0 + tl.arange(0, BJ)
            mj = j < N
            k = tl.load(base + H * D + j[:, None] * row + d[None, :], mask=mj[:, None], other=0.)
            v = tl.load(base + 2 * H * D + j[:, None] * row + d[None, :], mask=mj[:, None], other=0.)
            ok = mi[:, None] & mj[None, :]
            if LINEAR:
                pj = j
            else:
                pj = tl.load(POS + b * N + j, mask=mj, other=0)
                fj = tl.load(PFX + b * N + j, mask=mj, other=-1)
                tj = tl.load(TYP + b * N + j, mask=mj, other=0)
            rel = pi[:, None] - pj[None, :] + N
            x = tl.dot(q, tl.trans(k))
            x += tl.load(T1 + table + i[:, None] * W + rel, mask=ok, other=0.).to(tl.float32)
            x += tl.trans(tl.load(T2 + table + j[:, None] * W + (pi[None, :] - pj[:, None] + N),
                                  mask=mj[:, None] & mi[None, :], other=0.)).to(tl.float32)
            if not LINEAR:
                ok = ok & _visible(fi[:, None], fj[None, :], ti[:, None], tj[None, :])
            x = tl.where(ok, x * scale, -1e30)
            new = tl.maximum(top, tl.max(x, 1))
            p = tl.where(ok, tl.exp(x - new[:, None]), 0.)
            keep = tl.exp(top - new)
            total = total * keep + tl.sum(p, 1)
            acc = acc * keep[:, None] + tl.dot(p.to(v.dtype), v)
            top = new
        total = tl.where(total > 0, total, 1.)
        o = acc / total[:, None]
        tl.store(O + ((b * N).to(tl.int64) + i[:, None]) * H * D + h * D + d[None, :], o.to(O.dtype.element_ty), mask=mi[:, None])
        tl.store(LSE + bh.to(tl.int64) * N + i, top + tl.log(total), mask=mi)

    @triton.jit
    def _backward_queries(QKV, T1, T2, POS, PFX, TYP, FIRST, O, DO, LSE, DELTA, DQKV, DT1, B, N, H, W, scale,
                          LINEAR: tl.constexpr, BI: tl.constexpr, BJ: tl.constexpr, D: tl.constexpr, P: tl.constexpr):
        bh = tl.program_id(1)
        b, h = bh // H, bh % H
        i = tl.program_id(0) * BI + tl.arange(0, BI)
        d = tl.arange(0, D)
        pp = tl.arange(0, P)
        mi = i < N
        row = 3 * H * D
        first = (b * N).to(tl.int64)
        base = QKV + first * row + h * D
        table = (h * B + b).to(tl.int64) * N * W
        q = tl.load(base + i[:, None] * row + d[None, :], mask=mi[:, None], other=0.)
        at = (first + i[:, None]) * H * D + h * D + d[None, :]
        do = tl.load(DO + at, mask=mi[:, None], other=0.)
        o = tl.load(O + at, mask=mi[:, None], other=0.)
        delta = tl.sum(do.to(tl.float32) * o.to(tl.float32), 1)
        tl.store(DELTA + bh.to(tl.int64) * N + i, delta, mask=mi)
        lse = tl.load(LSE + bh.to(tl.int64) * N + i, mask=mi, other=0.)
        if LINEAR:
            pi = i
        else:
            pi = tl.load(POS + b * N + i, mask=mi, other=0)
            fi = tl.load(PFX + b * N + i, mask=mi, other=-1)
            ti = tl.load(TYP + b * N + i, mask=mi, other=0)
            by_position = tl.zeros([BI, P], tl.float32)
            first_text = tl.load(FIRST + b)
            hint_positions = tl.load(POS + b * N + first_text)
        dq = tl.zeros([BI, D], tl.float32)
        for j0 in range(0, N, BJ):
            j = j0 + tl.arange(0, BJ)
            mj = j < N
            k = tl.load(base + H * D + j[:, None] * row + d[None, :], mask=mj[:, None], other=0.)
            v = tl.load(base + 2 * H * D + j[:, None] * row + d[None, :], mask=mj[:, None], other=0.)
            m2 = mi[:, None] & mj[None, :]
            ok = m2
            if LINEAR:
                pj = j
            else:
                pj = tl.load(POS + b * N + j, mask=mj, other=0)
                fj = tl.load(PFX + b * N + j, mask=mj, other=-1)
                tj = tl.load(TYP + b * N + j, mask=mj, other=0)
                ok = ok & _visible(fi[:, None], fj[None, :], ti[:, None], tj[None, :])
            rel = pi[:, None] - pj[None, :] + N
            x = tl.dot(q, tl.trans(k))
            x += tl.load(T1 + table + i[:, None] * W + rel, mask=m2, other=0.).to(tl.float32)
            x += tl.trans(tl.load(T2 + table + j[:, None] * W + (pi[None, :] - pj[:, None] + N),
                                  mask=mj[:, None] & mi[None, :], other=0.)).to(tl.float32)
            p = tl.where(ok, tl.exp(x * scale - lse[:, None]), 0.)
            dp = tl.dot(do, tl.trans(v))
            ds = (p * (dp - delta[:, None]) * scale).to(q.dtype)
            dq += tl.dot(ds, k)
            if LINEAR:
                tl.store(DT1 + table + i[:, None] * W + rel, ds, mask=m2)
            else:
                tl.store(DT1 + table + i[:, None] * W + rel, ds, mask=m2 & (j[None, :] >= first_text) & (fj[None, :] >= 0))
                if j0 < first_text:
                    by_position += tl.dot(ds, ((pj[:, None] == pp[None, :]) & (j[:, None] < first_text)).to(q.dtype))
        tl.store(DQKV + first * row + h * D + i[:, None] * row + d[None, :], dq.to(DQKV.dtype.element_ty), mask=mi[:, None])
        if not LINEAR:
            tl.store(DT1 + table + i[:, None] * W + (pi[:, None] - pp[None, :] + N), by_position.to(DT1.dtype.element_ty),
                     mask=mi[:, None] & (pp[None, :] < hint_positions))

    @triton.jit
    def _backward_keys(QKV, T1, T2, POS, PFX, TYP, FIRST, DO, LSE, DELTA, DQKV, DT2, B, N, H, W, scale,
                       LINEAR: tl.constexpr, BI: tl.constexpr, BJ: tl.constexpr, D: tl.constexpr, P: tl.constexpr):
        bh = tl.program_id(1)
        b, h = bh // H, bh % H
        j = tl.program_id(0) * BJ + tl.arange(0, BJ)
        d = tl.arange(0, D)
        pp = tl.arange(0, P)
        mj = j < N
        row = 3 * H * D
        first = (b * N).to(tl.int64)
        base = QKV + first * row + h * D
        table = (h * B + b).to(tl.int64) * N * W
        k = tl.load(base + H * D + j[:, None] * row + d[None, :], mask=mj[:, None], other=0.)
        v = tl.load(base + 2 * H * D + j[:, None] * row + d[None, :], mask=mj[:, None], other=0.)
        if LINEAR:
            pj = j
        else:
            pj = tl.load(POS + b * N + j, mask=mj, other=0)
            fj = tl.load(PFX + b * N + j, mask=mj, other=-1)
            tj = tl.load(TYP + b * N + j, mask=mj, other=0)
            by_position = tl.zeros([BJ, P], tl.float32)
            first_text = tl.load(FIRST + b)
            hint_positions = tl.load(POS + b * N + first_text)
        dk = tl.zeros([BJ, D], tl.float32)
        dv = tl.zeros([BJ, D], tl.float32)
        for i0 in range(0, N, BI):
            i = i0 + tl.arange(0, BI)
            mi = i < N
            q = tl.load(base + i[:, None] * row + d[None, :], mask=mi[:, None], other=0.)
            do = tl.load(DO + (first + i[:, None]) * H * D + h * D + d[None, :], mask=mi[:, None], other=0.)
            lse = tl.load(LSE + bh.to(tl.int64) * N + i, mask=mi, other=0.)
            delta = tl.load(DELTA + bh.to(tl.int64) * N + i, mask=mi, other=0.)
            m2 = mj[:, None] & mi[None, :]
            ok = m2
            if LINEAR:
                pi = i
            else:
                pi = tl.load(POS + b * N + i, mask=mi, other=0)
                fi = tl.load(PFX + b * N + i, mask=mi, other=-1)
                ti = tl.load(TYP + b * N + i, mask=mi, other=0)
                ok = ok & _visible(fi[None, :], fj[:, None], ti[None, :], tj[:, None])
            rel = pi[None, :] - pj[:, None] + N
            x = tl.dot(k, tl.trans(q))
            x += tl.trans(tl.load(T1 + table + i[:, None] * W + (pi[:, None] - pj[None, :] + N),
                                  mask=mi[:, None] & mj[None, :], other=0.)).to(tl.float32)
            x += tl.load(T2 + table + j[:, None] * W + rel, mask=m2, other=0.).to(tl.float32)
            p = tl.where(ok, tl.exp(x * scale - lse[None, :]), 0.)
            dv += tl.dot(p.to(do.dtype), do)
            dp = tl.dot(v, tl.trans(do))
            ds = (p * (dp - delta[None, :]) * scale).to(q.dtype)
            dk += tl.dot(ds, q)
            if LINEAR:
                tl.store(DT2 + table + j[:, None] * W + rel, ds, mask=m2)
            else:
                tl.store(DT2 + table + j[:, None] * W + rel, ds, mask=m2 & (i[None, :] >= first_text) & (fi[None, :] >= 0))
                if i0 < first_text:
                    by_position += tl.dot(ds, ((pi[:, None] == pp[None, :]) & (i[:, None] < first_text)).to(q.dtype))
        out = DQKV + first * row + h * D + j[:, None] * row + d[None, :]
        tl.store(out + H * D, dk.to(DQKV.dtype.element_ty), mask=mj[:, None])
        tl.store(out + 2 * H * D, dv.to(DQKV.dtype.element_ty), mask=mj[:, None])
        if not LINEAR:
            tl.store(DT2 + table + j[:, None] * W + (pp[None, :] - pj[:, None] + N), by_position.to(DT2.dtype.element_ty),
                     mask=mj[:, None] & (pp[None, :] < hint_positions))

    def heads(x, which):
        """[H, B*N, D] view of one of q, k, v"""
        B, N, _, H, D = x.shape
        return x.view(B * N, 3, H, D)[:, which].transpose(0, 1)

    class DisentangledAttention(torch.autograd.Function):
        """qkv [B,N,3,H,64], tq and tk [2N,H,64] (rows: relative distances -N..N-1) -> [B,N,H,64]; scale on all three terms.
        first int32 [B]: index of the first token after the hint"""

        @staticmethod
        def forward(ctx, qkv, tq, tk, pos, pfx, typ, first, scale):
            B, N, _, H, D = qkv.shape
            W = 2 * N
            t1 = torch.bmm(heads(qkv, 0), tk.permute(1, 2, 0))
            t2 = torch.bmm(heads(qkv, 1), tq.permute(1, 2, 0))
            o = torch.empty(B, N, H, D, dtype=qkv.dtype, device=qkv.device)
            lse = torch.empty(B * H, N, dtype=torch.float32, device=qkv.device)
            linear = pos is None
            p = [lse if linear else t for t in (pos, pfx, typ, first)]
            block = 32 if N <= 32 else 64
            _forward[(triton.cdiv(N, block), B * H)](qkv, t1, t2, *p[:3], o, lse, B, N, H, W, scale,
                                                    LINEAR=linear, BI=block, BJ=block, D=D, num_warps=4)
            ctx.save_for_backward(qkv, tq, tk, t1, t2, o, lse, *([] if linear else p))
            ctx.scale = scale
            return o

        @staticmethod
        def backward(ctx, do):
            qkv, tq, tk, t1, t2, o, lse, *p = ctx.saved_tensors
            B, N, _, H, D = qkv.shape
            W = 2 * N
            linear = not p
            p = p or [lse] * 4
            do = do.contiguous()
            delta = torch.empty_like(lse)
            dqkv = torch.empty_like(qkv)
            dt1, dt2 = torch.zeros_like(t1), torch.zeros_like(t2)
            block = 32 if N <= 32 else 64
            kw = dict(LINEAR=linear, BI=block, BJ=block, D=D, P=min(HINT_POSITIONS, max(32, triton.next_power_of_2(N))), num_warps=4, num_stages=1)
            _backward_queries[(triton.cdiv(N, block), B * H)](qkv, t1, t2, *p, o, do, lse, delta, dqkv, dt1, B, N, H, W, ctx.scale, **kw)
            _backward_keys[(triton.cdiv(N, block), B * H)](qkv, t1, t2, *p, do, lse, delta, dqkv, dt2, B, N, H, W, ctx.scale, **kw)
            flat = dqkv.view(B * N, 3, H, D)
            flat[:, 0] += torch.bmm(dt1, tk.transpose(0, 1)).transpose(0, 1)
            flat[:, 1] += torch.bmm(dt2, tq.transpose(0, 1)).transpose(0, 1)
            dtk = torch.bmm(dt1.transpose(1, 2), heads(qkv, 0)).transpose(0, 1)
            dtq = torch.bmm(dt2.transpose(1, 2), heads(qkv, 1)).transpose(0, 1)
            return dqkv, dtq, dtk, None, None, None, None, None
