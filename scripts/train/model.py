"""The RexUniNLU-class model: a DeBERTa-v2 encoder (c2p and p2c, optional convolution after layer 0), the masked-language head of
pre-training and the rotary link head. Module names give the published state-dict names.

Shapes: B rows, S tokens, H heads of d. The position table is read as one row per relative distance -S..S-1. Attention runs fused
(`attention.py`, `fused=True`) on a card with Triton and plainly anywhere else; `tests/train` and `check_fused` compare the two."""
import json
import math
import torch
from torch import nn
import torch.nn.functional as F
import attention

DEFAULTS = dict(model_type="deberta-v2", architectures=["DebertaV2ForMaskedLM"], attention_probs_dropout_prob=0.1,
                hidden_act="gelu", hidden_dropout_prob=0.1, hidden_size=768, initializer_range=0.02,
                intermediate_size=3072, max_position_embeddings=512, relative_attention=True, position_buckets=256,
                norm_rel_ebd="layer_norm", share_att_key=True, pos_att_type="c2p|p2c", conv_kernel_size=3,
                conv_act="gelu", layer_norm_eps=1e-7, max_relative_positions=-1, position_biased_input=False,
                num_attention_heads=12, num_hidden_layers=12, type_vocab_size=0, vocab_size=12800)
SPECIAL_TOKENS = 4          # [PREFIX] [TYPE] [CLASSIFY] [MULTICLASSIFY] follow the vocabulary


class Config(dict):
    __getattr__ = dict.__getitem__

    @classmethod
    def make(cls, **kw):
        c = cls(DEFAULTS)
        c.update(kw)
        return c

    @classmethod
    def load(cls, path):
        with open(path, encoding="utf-8") as f:
            return cls.make(**json.load(f))

    @property
    def span(self):
        """half the height of the position table"""
        return next((v for v in (self.position_buckets, self.max_relative_positions) if v > 0), self.max_position_embeddings)


def distance_rows(distance, cfg):
    """row of the position table for each relative distance; log buckets only where both sizes are positive (as the reference)"""
    span = cfg.span
    if cfg.position_buckets > 0 and cfg.max_relative_positions > 0:
        mid = cfg.position_buckets // 2
        a = torch.where((distance < mid) & (distance > -mid), torch.full_like(distance, mid - 1), distance.abs())
        log = torch.ceil(torch.log(a / mid) / math.log((cfg.max_relative_positions - 1) / mid) * (mid - 1)) + mid
        distance = torch.where(a <= mid, distance, (log * distance.sign()).long())
    return (distance + span).clamp(0, 2 * span - 1)


class SelfAttention(nn.Module):
    def __init__(self, c):
        super().__init__()
        h = c.hidden_size
        self.query_proj, self.key_proj, self.value_proj = nn.Linear(h, h), nn.Linear(h, h), nn.Linear(h, h)
        if not c.share_att_key:
            self.pos_key_proj, self.pos_query_proj = nn.Linear(h, h), nn.Linear(h, h)


class Output(nn.Module):
    def __init__(self, c, n_in):
        super().__init__()
        self.dense = nn.Linear(n_in, c.hidden_size)
        self.LayerNorm = nn.LayerNorm(c.hidden_size, eps=c.layer_norm_eps)


class Attention(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.self = SelfAttention(c)
        self.output = Output(c, c.hidden_size)


class Intermediate(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.dense = nn.Linear(c.hidden_size, c.intermediate_size)


class Layer(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.attention = Attention(c)
        self.intermediate = Intermediate(c)
        self.output = Output(c, c.intermediate_size)


class Conv(nn.Module):
    def __init__(self, c):
        super().__init__()
        k = c.conv_kernel_size
        self.conv = nn.Conv1d(c.hidden_size, c.hidden_size, k, padding=(k - 1) // 2)
        self.LayerNorm = nn.LayerNorm(c.hidden_size, eps=c.layer_norm_eps)


class Encoder(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.layer = nn.ModuleList([Layer(c) for _ in range(c.num_hidden_layers)])
        self.rel_embeddings = nn.Embedding(2 * c.span, c.hidden_size)
        if "layer_norm" in c.norm_rel_ebd:
            self.LayerNorm = nn.LayerNorm(c.hidden_size, eps=c.layer_norm_eps)
        if c.get("conv_kernel_size", 0) > 0:
            self.conv = Conv(c)


class Embeddings(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.word_embeddings = nn.Embedding(c.vocab_size + SPECIAL_TOKENS, c.hidden_size, padding_idx=0)
        self.LayerNorm = nn.LayerNorm(c.hidden_size, eps=c.layer_norm_eps)


class Plm(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.embeddings = Embeddings(c)
        self.encoder = Encoder(c)


class Rotary(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.freqs = nn.Parameter(1. / (10000 ** (torch.arange(0, dim, 2).float() / dim)), requires_grad=False)


class MaskedLanguageHead(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.dense = nn.Linear(c.hidden_size, c.hidden_size)
        self.norm = nn.LayerNorm(c.hidden_size, eps=c.layer_norm_eps)
        self.bias = nn.Parameter(torch.zeros(c.vocab_size))


def after_attention(x, ctx, w_o, b_o, g1, c1, w_i, b_i, w_f, b_f, g2, c2, eps, drop, training):
    """output projection, residual, norm, feed-forward, residual, norm: one function so that one compiled graph serves all layers"""
    h = w_o.shape[0]
    a = F.dropout(F.linear(ctx, w_o, b_o), drop, training)
    a = F.layer_norm((a + x).float(), (h,), g1, c1, eps).to(ctx.dtype)
    f = F.gelu(F.linear(a, w_i, b_i))
    f = F.dropout(F.linear(f, w_f, b_f), drop, training)
    return F.layer_norm((f + a).float(), (h,), g2, c2, eps).to(ctx.dtype)


def visible(pfx, typ):
    """[B,S,S] bool, query by key: RexUniNLU's visibility from prefix numbers (-1 padding, 0 text) and type numbers"""
    fi, fj, ti, tj = pfx[:, :, None], pfx[:, None, :], typ[:, :, None], typ[:, None, :]
    bad = (fi > 0) & (fj > 0) & ((fi != fj) | ((ti > 0) & (tj > 0) & (ti != tj)))
    return (fj >= 0) & ~bad


class Rex(nn.Module):
    def __init__(self, cfg, mlm=True):
        super().__init__()
        self.cfg = cfg
        h = cfg.hidden_size
        self.plm = Plm(cfg)
        self.ffnq = nn.Linear(h, h)
        self.ffnk = nn.Linear(h, h)
        self.rotary_emb = Rotary(h)
        if mlm:
            self.mlm = MaskedLanguageHead(cfg)
        self.fused = False                  # Triton softmax
        self.after = after_attention        # may be replaced by a compiled version
        for m in self.modules():
            if isinstance(m, (nn.Linear, nn.Embedding, nn.Conv1d)):
                m.weight.data.normal_(0, cfg.initializer_range)
                if getattr(m, "bias", None) is not None:
                    m.bias.data.zero_()
        self.plm.embeddings.word_embeddings.weight.data[0].zero_()
        self._rows = {}

    def table_rows(self, n, device):
        """rows of the position table for the distances -n..n-1"""
        key = (n, str(device))
        if key not in self._rows:
            self._rows[key] = distance_rows(torch.arange(2 * n) - n, self.cfg).to(device)
        return self._rows[key]

    def attend(self, qkv, tq, tk, pos, pfx, typ, first, scale):
        """qkv [B,S,3,H,d], position queries and keys [2S,H,d] -> [B,S,H,d]"""
        if self.fused:
            return attention.DisentangledAttention.apply(qkv, tq, tk, pos, pfx, typ, first, scale)
        B, S, _, H, d = qkv.shape
        q, k, v = qkv.permute(2, 3, 0, 1, 4)                                # [H,B,S,d]
        if pos is None:
            pos = torch.arange(S, device=qkv.device).expand(B, S)
        index = (pos[:, :, None].long() - pos[:, None, :].long() + S).unsqueeze(0).expand(H, B, S, S)
        c2p = torch.matmul(q, tk.permute(1, 2, 0).unsqueeze(1))             # [H,B,S,2S]
        p2c = torch.matmul(k, tq.permute(1, 2, 0).unsqueeze(1))
        s = torch.matmul(q, k.transpose(-1, -2)) + torch.gather(c2p, -1, index)
        s = (s + torch.gather(p2c, -1, index.transpose(-1, -2)).transpose(-1, -2)) * scale
        if pfx is not None:
            s = s.masked_fill(~visible(pfx, typ), -1e30)
        return torch.matmul(torch.softmax(s.float(), -1).to(v.dtype), v).permute(1, 2, 0, 3)

    def encode(self, ids, pos=None, pfx=None, typ=None, drop=0.0):
        """[B,S] -> [B,S,hidden]. pos None: positions 0..S-1, all visible. pfx: -1 padding, 0 text and [CLS], n > 0 prefix
        group; typ: 0 or the number of the type within the row."""
        c, P = self.cfg, self.plm
        B, S = ids.shape
        H, hid = c.num_attention_heads, c.hidden_size
        d = hid // H
        x = F.embedding(ids, P.embeddings.word_embeddings.weight, padding_idx=0)
        x = F.layer_norm(x.float(), (hid,), P.embeddings.LayerNorm.weight, P.embeddings.LayerNorm.bias, c.layer_norm_eps)
        dtype = torch.bfloat16 if x.is_cuda and torch.is_autocast_enabled() else x.dtype
        training = self.training and drop > 0
        keep = None if pfx is None else (pfx >= 0).unsqueeze(-1)
        x = F.dropout(x.to(dtype), drop, training)
        if keep is not None:
            x = x * keep
        x0 = x
        rel = P.encoder.rel_embeddings.weight
        if "layer_norm" in c.norm_rel_ebd:
            rel = F.layer_norm(rel, (hid,), P.encoder.LayerNorm.weight, P.encoder.LayerNorm.bias, c.layer_norm_eps)
        rel = F.dropout(rel, drop, training).index_select(0, self.table_rows(S, ids.device))
        scale = 1.0 / math.sqrt(3 * d)
        first = None if pfx is None else ((pfx > 0) * torch.arange(S, device=ids.device)).amax(1).int() + 1
        for n, layer in enumerate(P.encoder.layer):
            A = layer.attention.self
            parts = (A.query_proj, A.key_proj, A.value_proj)
            w, bias = torch.cat([m.weight for m in parts]), torch.cat([m.bias for m in parts])
            qkv = F.linear(x, w, bias).view(B, S, 3, H, d)
            if c.share_att_key:
                tq, tk = F.linear(rel, w[:2 * hid], bias[:2 * hid]).view(-1, 2, H, d).unbind(1)
            else:
                tq, tk = (m(rel).view(-1, H, d) for m in (A.pos_query_proj, A.pos_key_proj))
            o = self.attend(qkv, tq, tk, pos, pfx, typ, first, scale).reshape(B * S, hid)
            a, f = layer.attention.output, layer.output
            y = self.after(x.reshape(B * S, hid), o, a.dense.weight, a.dense.bias, a.LayerNorm.weight, a.LayerNorm.bias,
                           layer.intermediate.dense.weight, layer.intermediate.dense.bias, f.dense.weight, f.dense.bias,
                           f.LayerNorm.weight, f.LayerNorm.bias, c.layer_norm_eps, drop, training).view(B, S, hid)
            if n == 0 and hasattr(P.encoder, "conv"):
                y = self.convolve(x0, y, keep, drop, training)
            x = y
        return x

    def convolve(self, x0, y, keep, drop, training):
        c, C = self.cfg, self.plm.encoder.conv
        k, S = c.conv_kernel_size, x0.shape[1]
        padded = F.pad(x0, (0, 0, (k - 1) // 2, (k - 1) // 2))
        near = torch.cat([padded[:, t:t + S] for t in range(k)], -1)        # one product; cuDNN's is ten times slower here
        o = F.dropout(F.linear(near, C.conv.weight.permute(0, 2, 1).flatten(1), C.conv.bias), drop, training)
        o = F.gelu(o) if c.conv_act == "gelu" else torch.tanh(o)
        if keep is not None:
            o = o * keep
        y = F.layer_norm((y + o).float(), (c.hidden_size,), C.LayerNorm.weight, C.LayerNorm.bias, c.layer_norm_eps).to(y.dtype)
        return y if keep is None else y * keep

    def mlm_loss(self, ids, where, target):
        """where: flat indices of the hidden places, target: what stood there"""
        x = self.encode(ids).reshape(-1, self.cfg.hidden_size)[where]
        x = F.gelu(self.mlm.dense(x))
        x = F.layer_norm(x.float(), (x.shape[-1],), self.mlm.norm.weight, self.mlm.norm.bias, self.cfg.layer_norm_eps)
        logits = F.linear(x, self.plm.embeddings.word_embeddings.weight[:self.cfg.vocab_size], self.mlm.bias)
        return F.cross_entropy(logits.float(), target)

    def link_logits(self, x, pos):
        """[B,S,S] products of the rotated queries and keys, fp32"""
        q, k = self.ffnq(x).float(), self.ffnk(x).float()
        angle = pos.float().unsqueeze(-1) * self.rotary_emb.freqs.float()
        cos, sin = angle.cos(), angle.sin()

        def rotate(t):
            a, b = t[..., 0::2], t[..., 1::2]
            return torch.stack((a * cos - b * sin, b * cos + a * sin), -1).flatten(-2)
        with torch.autocast(x.device.type, enabled=False):
            return torch.bmm(rotate(q), rotate(k).transpose(1, 2))


def link_loss(logits, positive, valid, margin):
    """Multi-label categorical cross-entropy over the whole matrix of each row (as RexUniNLU), padding left out.

    positive: flat indices (b*S*S + i*S + j), padded with B*S*S; valid [B,S] bool; margin [B]: how far above zero a logit has to be
    for an even bet. The decoder's threshold stays zero, so a margin of 0.8 reports what is 31 % likely: F1 wants that, and the
    multi-label rule (report above .9) wants 2."""
    B, S, _ = logits.shape
    y = torch.zeros(B * S * S + 1, dtype=torch.bool, device=logits.device)
    y.index_fill_(0, positive, True)
    y = y[:-1].view(B, S * S)
    ok = (valid[:, :, None] & valid[:, None, :]).view(B, S * S)
    x = logits.view(B, S * S) - margin[:, None]
    zero = torch.zeros_like(x[:, :1])
    neg = torch.logsumexp(torch.cat([x.masked_fill(y | ~ok, -1e12), zero], -1), -1)
    pos = torch.logsumexp(torch.cat([(-x).masked_fill(~y, -1e12), zero], -1), -1)
    rows = valid.any(-1)
    return ((neg + pos) * rows).sum() / rows.sum().clamp(min=1)
