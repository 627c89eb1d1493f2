"""Ten times what it can do, for two minutes: what becomes of the requests, of health, and of the time afterwards.

Capacity is measured first, with as many clients as have room (closed loop). From it follow the limits that a user would
set (docs/operations.md, "Limits"): places for what can be worked off within half a deadline. Then requests come due at
ten times that rate whatever the server does (open loop), over kept connections. Judged:

- goodput: answers with 200 a second, at least 90 % of the capacity (mean of before and after);
- the accepted: p99 within their deadline, so at most 1 % of them answered with 504;
- the others: 429, p99 within 50 ms, and no other status;
- /livez, asked ten times a second: p99 within 50 ms; the slowest is printed;
- afterwards, at half the capacity: three seconds in a row with nothing refused and half of the answers within what was
  the p90 before, beginning 5 s after the end at the latest.

Where the goodput is low, "texts answered a CPU second" tells why: about 100 %, and the engine was short of CPU, which
somebody else took; less, and it spent itself on refusals or on texts that came too late.

The client runs on the same cores; the encoder leaves one of them to it, the front end and Redis.
"""
import argparse, http.client, os, pathlib, statistics, sys, tempfile, threading, time

from fleet import TOP, Fleet, Load, machine, real_bodies

PLACES = 192  # at most: each waiting request holds one of 256 HTTP threads, and some must be free to refuse
AHEAD = 32  # jobs that a worker takes from Redis before its engine has room, at most; no more than wait there


class Livez(threading.Thread):
    def __init__(self, port):
        super().__init__()
        self.port, self.times_ms, self.over = port, [], threading.Event()

    def run(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        while not self.over.wait(0.1):
            began = time.monotonic()
            connection.request("GET", "/livez")
            answer = connection.getresponse()
            answer.read()
            self.times_ms.append((time.monotonic() - began) * 1e3 if answer.status == 200 else float("inf"))

    def stop(self):
        self.over.set()
        self.join()
        return sorted(self.times_ms)


class Verdict:
    def __init__(self):
        self.good = True

    def line(self, what, right):
        self.good &= right
        print(f"  {'ok    ' if right else 'MISSED'}  {what}", flush=True)


def limits_for(capacity, deadline_ms, redis):
    places = int(min(PLACES, capacity * deadline_ms / 1e3 / 2))
    in_flight = max(2, min(64, places // 2))
    rest = places - in_flight
    return in_flight, max(2, max(rest - AHEAD, rest // 2) if redis else rest)


def flood(fleet, load, options, capacity):
    """The report of the load, what /livez took, and the CPU time of each process."""
    livez, before = Livez(fleet.port), fleet.cpu_seconds()
    livez.start()
    report = load.run(fleet.port, options.connections, options.times * capacity, options.seconds)
    spent = {name: after - before[name] for name, after in fleet.cpu_seconds().items()}
    return report, livez.stop(), spent


def seconds_until_normal(fleet, load, rate, usual):
    """Slices of a second, until three in a row are normal: when those began, and what was wrong with the ones before."""
    began, normal, normal_since, wrong = time.monotonic(), 0, 0.0, []
    while normal < 3 and time.monotonic() - began < 30:
        slice_ = load.run(fleet.port, 64, rate, 1)
        p50 = slice_["by_status"].get("200", {"p50_ms": float("inf")})["p50_ms"]
        if slice_["refused"] or slice_["broken"] or p50 > usual["p90_ms"]:
            normal, normal_since = 0, time.monotonic() - began
            wrong.append(f"until {normal_since:.1f} s: p50 {p50:.0f} ms, {slice_['refused']} refused")
        else:
            normal += 1
    return normal_since if normal == 3 else float("inf"), wrong


def test(redis, options, folder):
    load = Load(options.bench, real_bodies(options.longest, options.deadline_ms), folder)
    patient = Load(options.bench, real_bodies(options.longest, 60_000), tempfile.mkdtemp(dir=folder))
    threads = ["--threads", str(options.threads)]
    with Fleet(folder, options.uie, options.model, redis, work=threads) as fleet:
        patient.run(fleet.port, 32, 0, 2)
        rough = patient.run(fleet.port, 32, 0, 5)
    in_flight, queue = limits_for(rough["answered"] / rough["seconds"], options.deadline_ms, redis)
    limits = ["--queue-max-jobs", str(queue)]
    verdict = Verdict()
    with Fleet(folder, options.uie, options.model, redis, limits, ["--max-in-flight", str(in_flight), *threads]) as fleet:
        engine = fleet.programs[-1].name
        def measure():
            """Texts a second, and texts a CPU second of the process with the engine."""
            cpu = fleet.cpu_seconds()[engine]
            report = patient.run(fleet.port, in_flight + queue, 0, options.measure)  # full, nothing refused
            return report["answered"] / options.measure, report["answered"] / (fleet.cpu_seconds()[engine] - cpu)
        measure()
        before, thrift_before = measure()
        usual = load.run(fleet.port, 64, before / 2, options.measure)["by_status"]["200"]
        report, livez, spent = flood(fleet, load, options, before)
        normal_after, wrong = seconds_until_normal(fleet, load, before / 2, usual)
        after, thrift_after = measure()
    capacity, goodput = statistics.mean([before, after]), report["by_status"]["200"]["count"] / options.seconds
    offered = sum(status["count"] for status in report["by_status"].values()) + report["unsent"] + report["broken"]
    accepted, refused = report["by_status"]["200"], report["by_status"].get("429", {"count": 0, "p99_ms": 0, "max_ms": 0})
    print(f"{'over Redis' if redis else 'in process'}: --max-in-flight {in_flight} --queue-max-jobs {queue}; capacity "
          f"{before:.1f} texts/s before, {after:.1f} after; offered {offered / options.seconds:.1f}/s for "
          f"{options.seconds} s over {options.connections} connections; at half the capacity before: p50 "
          f"{usual['p50_ms']:.0f} ms, p90 {usual['p90_ms']:.0f} ms")
    print("  cores used: " + ", ".join(f"{name} {used / options.seconds:.3f}" for name, used in spent.items()))
    thrift = report["by_status"]["200"]["count"] / spent[engine] / statistics.mean([thrift_before, thrift_after])
    print(f"  texts answered a CPU second of the {engine}: {100 * thrift:.1f} % of those at capacity")
    verdict.line(f"goodput {goodput:.1f} texts/s, {100 * goodput / capacity:.1f} % of the capacity", goodput >= 0.9 * capacity)
    late = report["by_status"].get("504", {"count": 0})["count"]
    verdict.line(f"accepted {accepted['count'] + late}: p50 {accepted['p50_ms']:.0f} ms, p99 {accepted['p99_ms']:.0f} ms, "
                 f"slowest {accepted['max_ms']:.0f} ms of {options.deadline_ms} ms; {late} were too late (504)",
                 accepted["p99_ms"] <= options.deadline_ms and late <= 0.01 * (accepted["count"] + late))
    verdict.line(f"429 {refused['count']}: p50 {refused['p50_ms']:.1f} ms, p99 {refused['p99_ms']:.1f} ms, slowest "
                 f"{refused['max_ms']:.1f} ms", refused["p99_ms"] <= 50)
    others = {status: of["count"] for status, of in report["by_status"].items() if status not in ("200", "429", "504")}
    verdict.line(f"other answers {others}, broken {report['broken']}, unsent {report['unsent']}",
                 not others and not report["broken"] and not report["unsent"])
    slow = sum(took > 50 for took in livez)
    verdict.line(f"/livez {len(livez)} times: p50 {livez[len(livez) // 2]:.1f} ms, p99 {livez[len(livez) * 99 // 100]:.1f} ms, "
                 f"slowest {livez[-1]:.1f} ms, {slow} above 50 ms", livez[len(livez) * 99 // 100] <= 50)
    verdict.line(f"normal {normal_after:.1f} s afterwards {wrong or ''}", normal_after <= 5)
    return verdict.good


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--uie", default=str(TOP / "build/dev/uie"))
    parser.add_argument("--bench", default=str(TOP / "build/dev/http_bench"))
    parser.add_argument("--model", default=str(TOP / "models/default"))
    parser.add_argument("--seconds", type=int, default=120, help="of overload")
    parser.add_argument("--measure", type=float, default=15, help="seconds for each measurement of the capacity")
    parser.add_argument("--times", type=float, default=10, help="the capacity")
    parser.add_argument("--deadline-ms", type=int, default=2_000)
    parser.add_argument("--longest", type=int, default=100, help="characters of a text")
    parser.add_argument("--connections", type=int, default=512)
    parser.add_argument("--threads", type=int, default=max(1, os.cpu_count() - 1), help="of the encoder")
    parser.add_argument("--queue", choices=["process", "redis", "both"], default="both")
    options = parser.parse_args()
    print(machine(), flush=True)
    good = True
    for redis in {"process": [False], "redis": [True], "both": [False, True]}[options.queue]:
        with tempfile.TemporaryDirectory(prefix="uie-overload-") as folder:
            good &= test(redis, options, pathlib.Path(folder))
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
