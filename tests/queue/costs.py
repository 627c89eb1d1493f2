"""What a text costs in each process, for the sizing in docs/operations.md. Prints a table; judges nothing.

1. CPU time per text of front end, Redis and worker (closed loop, tiny checkpoint, so that the worker's time is mostly
   overhead), one text a request and 32, and of one server with everything in it. And of the busiest threads, which bound
   what one process can do however many cores it has: Redis' main thread, the front end's outbox.
2. Bytes in Redis for each job that waits, by the length of the text: the worker is stopped (SIGSTOP), jobs are put in, and
   Redis' used_memory is compared.
3. CPU time of a refusal (429): the same, with a full queue.
"""
import argparse, json, pathlib, signal, tempfile, time

from fleet import TOP, Fleet, Load, machine, real_bodies


def spent(fleet, work):
    """What work() gives, CPU seconds of each process and of each thread meanwhile."""
    before = [(program.cpu_seconds(), program.thread_cpu_seconds()) for program in fleet.programs]
    result = work()
    processes, threads = {}, {}
    for program, (cpu, by_thread) in zip(fleet.programs, before):
        processes[program.name] = program.cpu_seconds() - cpu
        for name, now in program.thread_cpu_seconds().items():
            threads[f"{program.name}/{name}"] = now - by_thread.get(name, 0)
    return result, processes, threads


def show(what, count, unit, processes, threads):
    print(f"{what}: µs of CPU a {unit}: " + ", ".join(f"{name} {1e6 * used / count:.1f}" for name, used in processes.items()))
    busiest = sorted(threads.items(), key=lambda item: -item[1])
    print("    threads: " + ", ".join(f"{name} {1e6 * used / count:.1f}" for name, used in busiest if 1e6 * used / count >= 1),
          flush=True)


def per_text(options, folder, redis):
    for texts in (1, 32):
        load = Load(options.bench, real_bodies(options.longest, 60_000, texts), folder)
        with Fleet(tempfile.mkdtemp(dir=folder), options.uie, options.model, redis) as fleet:
            connections = max(1, options.in_flight // texts)
            load.run(fleet.port, connections, 0, 3)
            report, processes, threads = spent(fleet, lambda: load.run(fleet.port, connections, 0, options.seconds))
            done = texts * report["answered"]
            show(f"{'over Redis' if redis else 'in process'}, {texts} a request, {done / report['seconds']:.0f} texts/s, "
                 f"p50 of a request {report['by_status']['200']['p50_ms']:.1f} ms", done, "text", processes, threads)


def waiting_bytes(options, folder):
    for length in (50, 500, 5_000):
        body = {"texts": ["谷" * length] * 32, "schema": {"人物": None, "赛事名称": None, "时间": None},
                "options": {"deadline_ms": 3_000}}
        load = Load(options.bench, [body], folder)
        with Fleet(tempfile.mkdtemp(dir=folder), options.uie, options.model, True) as fleet:
            used = lambda: int(fleet.redis_says("INFO", "memory").partition("used_memory:")[2].split()[0])
            load.run(fleet.port, 64, 0, 1)
            time.sleep(1)
            before = used()
            fleet.worker.process.send_signal(signal.SIGSTOP)
            loading = load.start(fleet.port, 64, 0, 1)
            time.sleep(2)
            waiting, after = int(fleet.redis_says("ZCARD", "uie:model:m:waiting")), used()
            entry = fleet.redis_says("MEMORY", "USAGE", "uie:model:m:jobs", "SAMPLES", "0")
            fleet.worker.process.send_signal(signal.SIGCONT)
            loading.communicate()
            print(f"{length} characters: {waiting} jobs wait, {(after - before) / max(waiting, 1):.0f} bytes each, "
                  f"of which the stream {int(entry) / max(waiting, 1):.0f}", flush=True)


def refusals(options, folder):
    """Few are answered; the engine's threads, which work for those alone, are left out."""
    limits = ["--queue-max-jobs", "1"], ["--max-in-flight", "1", "--threads", "1"]
    for redis in (False, True):
        load = Load(options.bench, real_bodies(options.longest, 60_000), folder)
        with Fleet(tempfile.mkdtemp(dir=folder), options.uie, str(TOP / "models/default"), redis, *limits) as fleet:
            load.run(fleet.port, 16, 0, 2)
            report, _, threads = spent(fleet, lambda: load.run(fleet.port, 16, options.refused_rate, options.seconds))
            threads = {name: used for name, used in threads.items()
                       if not any(part in name for part in ("worker/", "planner", "device", "intake"))}
            sums = {}
            for name, used in threads.items():
                program = name.partition("/")[0]
                sums[program] = sums.get(program, 0) + used
            show(f"{'over Redis' if redis else 'in process'}, {report['refused']} refused in {options.seconds:.0f} s, "
                 f"{report['answered']} answered", report["refused"], "refusal", sums, threads)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--uie", default=str(TOP / "build/dev/uie"))
    parser.add_argument("--bench", default=str(TOP / "build/dev/http_bench"))
    parser.add_argument("--model", default=str(TOP / "tests/data/rex/ck_plain"))
    parser.add_argument("--seconds", type=float, default=15, help="of each measurement")
    parser.add_argument("--in-flight", type=int, default=192, help="texts asked for at once")
    parser.add_argument("--refused-rate", type=float, default=2_000, help="requests a second to a full queue")
    parser.add_argument("--longest", type=int, default=100, help="characters of a text")
    options = parser.parse_args()
    print(machine(), flush=True)
    with tempfile.TemporaryDirectory(prefix="uie-costs-") as folder:
        for redis in (False, True):
            per_text(options, pathlib.Path(folder), redis)
        waiting_bytes(options, pathlib.Path(folder))
        refusals(options, pathlib.Path(folder))


if __name__ == "__main__":
    main()
