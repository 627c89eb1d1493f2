"""One training step, recorded as CUDA graphs on a card: forward and backward once per input shape, the optimiser once.

Launching the thousand kernels of a step one by one takes longer than running them at this model's size. The gradients of several
cards are averaged between the two graphs."""
import torch
import torch.distributed as dist


POOL = []                   # one memory pool for all graphs: they run one after another and keep nothing in it


def record(run):
    """-> graph of run(), which is called a few times before (it compiles, and lets the libraries choose their algorithms)"""
    side = torch.cuda.Stream()
    side.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(side):
        for _ in range(3):
            run()
    torch.cuda.current_stream().wait_stream(side)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph, pool=POOL[0] if POOL else None, capture_error_mode="thread_local"):
        run()
    if not POOL:
        POOL.append(graph.pool())
    return graph


class Step:
    """loss_of(*inputs) -> scalar. inputs: tensors whose shapes name the graph. total: sum of losses since it was last zeroed."""

    def __init__(self, loss_of, optimiser, dev, recorded=True):
        self.loss_of, self.optimiser, self.dev = loss_of, optimiser, dev
        self.recorded = recorded and dev.type == "cuda"
        self.world = dist.get_world_size() if dist.is_initialized() else 1
        self.graphs, self.update = {}, None
        self.total = torch.zeros((), device=dev)

    def gradients(self, inputs):
        self.optimiser.zero()
        loss = self.loss_of(*inputs)
        loss.backward()
        self.total.add_(loss.detach())

    def prepare(self, inputs):
        """records what is missing for inputs of this shape; leaves weights, moments and the total as they were"""
        if not self.recorded or self.key(inputs) in self.graphs:
            return
        total = self.total.clone()
        static = [torch.empty(t.shape, dtype=t.dtype, device=self.dev) for t in inputs]
        for s, t in zip(static, inputs):
            s.copy_(t)
        self.graphs[self.key(inputs)] = (record(lambda: self.gradients(static)), static)
        self.total.copy_(total)
        if self.update is None:
            before = {k: v.clone() for k, v in self.optimiser.state().items() if k != "n"}
            self.optimiser.s.zero_()                # all rates zero
            self.update = record(self.optimiser.step)
            for k, v in before.items():
                getattr(self.optimiser, k).copy_(v)

    @staticmethod
    def key(inputs):
        return tuple(tuple(t.shape) for t in inputs)

    def __call__(self, inputs, factor):
        """factor: the schedule's, on all rates"""
        if self.recorded:
            self.prepare(inputs)
            graph, static = self.graphs[self.key(inputs)]
            for s, t in zip(static, inputs):
                s.copy_(t, non_blocking=True)
            graph.replay()
        else:
            self.gradients([t.to(self.dev) for t in inputs])
        if self.world > 1:
            dist.all_reduce(self.optimiser.g)
            self.optimiser.g.div_(self.world)
        self.optimiser.set(factor)
        self.update.replay() if self.recorded else self.optimiser.step()
