"""Memory of Redis, front end and worker over many requests to a tiny checkpoint: flat after the warm-up, or a leak.

After every slice of requests, with nothing under way, the resident memory of each process is read. From the end of the
warm-up on, every reading must lie within 2 % of the median of these readings, and the mean of the last quarter within
2 % of the mean of the first: the one finds steps, the other a slow slope. The slope of the anonymous memory alone is
printed too: most of the rest are pages of libraries, which never change and would hide something small.

The warm-up. A front end starts HTTP threads as requests meet, 256 at most, and each keeps some 200 KiB of stack and
buffers once it has worked; how many meet is chance, so with few clients their number creeps up for hours. So here there
are as many threads as clients, and the first slice starts them all. After that every thread and every allocator arena
has to meet its largest request once, which is chance again: the table shows how it levels off.

Redis' allocator keeps freed pages for ten seconds; it is told to give them back before each reading.
"""
import argparse, pathlib, statistics, sys, tempfile

from fleet import TOP, Fleet, Load, machine, real_bodies

TOLERANCE = 0.02


def slope(readings):
    quarter = max(1, len(readings) // 4)
    return statistics.mean(readings[-quarter:]) / statistics.mean(readings[:quarter]) - 1


def judge(name, rss, anonymous):
    middle = statistics.median(rss)
    apart = max(abs(reading - middle) for reading in rss) / middle
    flat = apart <= TOLERANCE and abs(slope(rss)) <= TOLERANCE
    print(f"  {'ok    ' if flat else 'MISSED'}  {name}: median {middle / 1024:.1f} MiB, farthest {100 * apart:.2f} %, last quarter "
          f"against first {100 * slope(rss):+.2f} % (anonymous alone: median {statistics.median(anonymous) / 1024:.1f} MiB, "
          f"{100 * slope(anonymous):+.2f} %)", flush=True)
    return flat


def run(options, folder):
    load = Load(options.bench, real_bodies(options.longest, 60_000), folder)
    done, table = 0, []
    threads = ["--http-threads", str(options.connections)]
    with Fleet(folder, options.uie, options.model, redis=True, front=threads) as fleet:
        names = [program.name for program in fleet.programs]
        print(f"{'requests':>10} " + " ".join(f"{name + ' KiB':>15}" for name in names) + f" {'Redis: used':>12} threads")
        while done < options.warm_up + options.requests:
            report = load.run(fleet.port, options.connections, 0, options.slice)
            if report["refused"] or report["broken"]:
                raise SystemExit(f"not every request was answered: {report}")
            done += report["answered"]
            fleet.redis_says("MEMORY", "PURGE")
            rss, anonymous = ([program.memory_kib(what) for program in fleet.programs] for what in ("VmRSS", "RssAnon"))
            used = next(line for line in fleet.redis_says("INFO", "memory").splitlines() if line.startswith("used_memory:"))
            table.append((done, rss, anonymous))
            print(f"{done:>10} " + " ".join(f"{value:>15,}" for value in rss) + f" {int(used[12:]) // 1024:>12,} "
                  + "/".join(str(program.threads()) for program in fleet.programs), flush=True)
    judged = [row for row in table if row[0] >= options.warm_up]
    print(f"after {options.warm_up} requests of warm-up, {len(judged)} readings:")
    return all([judge(name, [rss[i] for _, rss, _ in judged], [anonymous[i] for _, _, anonymous in judged])
                for i, name in enumerate(names)])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--uie", default=str(TOP / "build/dev/uie"))
    parser.add_argument("--bench", default=str(TOP / "build/dev/http_bench"))
    parser.add_argument("--model", default=str(TOP / "tests/data/rex/ck_plain"))
    parser.add_argument("--requests", type=int, default=200_000, help="after the warm-up")
    parser.add_argument("--warm-up", type=int, default=40_000, help="requests before anything is judged")
    parser.add_argument("--slice", type=float, default=5, help="seconds of load between two readings")
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--longest", type=int, default=200, help="characters of a text")
    options = parser.parse_args()
    print(machine(), flush=True)
    with tempfile.TemporaryDirectory(prefix="uie-memory-") as folder:
        sys.exit(0 if run(options, pathlib.Path(folder)) else 1)


if __name__ == "__main__":
    main()
