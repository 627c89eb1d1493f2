import json, sys, os, time, torch, triton
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import kernels as K
dev = "cuda"
def bench(f, n=5):
    f(); torch.cuda.synchronize()
    ts = []
    for _ in range(n):
        a, b = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
        a.record(); f(); b.record(); torch.cuda.synchronize(); ts.append(a.elapsed_time(b))
    return sorted(ts)[1]
best = {}
for N in (256, 128, 512):
    B = 65536 // N; HB = 7 * B; W = 2 * N
    P = torch.softmax(torch.randn(HB, N, N, device=dev), -1).bfloat16(); dP = torch.randn_like(P)
    dS = torch.empty_like(P); T1 = torch.zeros(HB, N, W, device=dev, dtype=torch.bfloat16); T2 = torch.zeros_like(T1)
    BJ = triton.next_power_of_2(N); ref = None
    for BI in (32, 16, 8, 4):
        for nw in (4, 8, 2):
            if BI * BJ // (nw * 32) > 64 or BI * BJ // (nw * 32) < 4: continue
            try:
                T1.zero_(); T2.zero_()
                f = lambda: K._bwd[(HB * triton.cdiv(N, BI),)](P, dP, dS, T1, T2, P, 1, N, W, N, LINEAR=True, BI=BI, BJ=BJ, num_warps=nw)
                t = bench(f)
                k = f()
                cs = (dS.float().abs().sum().item(), T1.float().abs().sum().item(), T2.float().abs().sum().item())
                if ref is None: ref = cs
                g = lambda: K._fwd[(HB * triton.cdiv(N, BI),)](P, T1, T2, P, P, P, dS, 1, N, W, N, LINEAR=True, BI=BI, BJ=BJ, num_warps=nw)
                tf = bench(g)
                if all(abs(a - b) < 1e-3 * abs(b) for a, b in zip(cs, ref)):
                    z = best.setdefault(N, [1e9, 0, 0, 1e9, 0, 0])
                    if tf < z[0]: z[:3] = tf, BI, nw
                    if t < z[3]: z[3:] = t, BI, nw
                print("N %d BI %d nw %d: bwd %.3f ms fwd %.3f ms  regs %s spills %s %s" % (N, BI, nw, t, tf, getattr(k, "n_regs", "?"), getattr(k, "n_spills", "?"), "same" if all(abs(a - b) < 1e-3 * abs(b) for a, b in zip(cs, ref)) else cs), flush=True)
            except Exception as e:
                print(N, BI, nw, repr(e)[:150], flush=True)
print(best)
json.dump({n: [z[1], z[2], z[4], z[5]] for n, z in best.items()}, open("/dev/shm/tune.json", "w"))
