"""A fleet of real processes under fire: two front ends, three workers, one Redis with AOF, and requests of mixed tasks.

While the requests run, workers are killed (SIGKILL) at random times, one is frozen past its claim, Redis is killed and
started again, a front end is killed and started again, and some requests are poisoned: they end every worker that
tries them. Then:

- every accepted request was answered once, with the tuples of the undisturbed run (confidences within 1e-3), or its
  connection broke because its front end was the one that was killed;
- the poisoned requests, and no others, were refused as given up, and they are the dead letters;
- nothing is left in Redis.
"""
import argparse, http.client, json, lzma, os, pathlib, random, signal, subprocess, sys, tempfile, threading, time

from fleet import TOP, free_port

POISON = "毒药毒药"
CLAIM_MS = 2_000
# Workers are killed every few seconds here, so an innocent job dies in a trial now and then, and each run has thousands
# of trials: with two trials, as by default, some would be given up.
TRIALS = 5


class Supervised:
    """A program that is started again whenever it ends, until stop()."""

    def __init__(self, name, words, folder, environment=None):
        self.name, self.words, self.starts, self.stopping = name, words, 0, False
        self.folder, self.environment = folder, dict(os.environ, **(environment or {}))
        self.deaths = []  # when: the moments in which a connection to it may break
        self.start()
        self.thread = threading.Thread(target=self.watch)
        self.thread.start()

    def start(self):
        log = open(self.folder / f"{self.name}.log", "ab")
        self.process = subprocess.Popen(self.words, stdout=log, stderr=log, env=self.environment)
        self.starts += 1

    def watch(self):
        while True:
            self.process.wait()
            self.deaths.append(time.monotonic())
            if self.stopping:
                return
            time.sleep(0.1)
            self.start()

    def kill(self, number=signal.SIGKILL):
        try:
            self.process.send_signal(number)
        except ProcessLookupError:
            pass

    def stop(self):
        self.stopping = True
        self.kill(signal.SIGCONT)
        self.kill(signal.SIGTERM)
        self.thread.join(30)
        self.kill()


def bodies(count):
    """Distinct requests: published texts under their schemas, and the same under tasks by name."""
    rows = [json.loads(line) for line in lzma.open(TOP / "tests/data/real/golden.jsonl.xz", "rt")]
    rows = [row for row in rows if len(row["text"]) < 100]
    random.Random(1).shuffle(rows)
    made = []
    for i in range(count):
        row = rows[i % len(rows)]
        body = {"text": row["text"], "options": {"deadline_ms": 300_000}}
        if i % 4 == 3:
            body["task"] = ["ner", "sentiment"][i // 4 % 2]
        else:
            body["schema"] = row["schema"]
        made.append(body)
    return made


def post(port, body, timeout=310):
    """(status, JSON), or (0, why) when the connection broke."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        connection.connect()
    except OSError:
        return -1, "refused"
    try:
        connection.request("POST", "/v1/extract", json.dumps(body).encode(), {"Content-Type": "application/json"})
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    except (OSError, http.client.HTTPException, ValueError) as error:
        return 0, repr(error)
    finally:
        connection.close()


def same(a, b):
    """Equal, numbers that are fractions within 1e-3."""
    if isinstance(a, float) or isinstance(b, float):
        return isinstance(a, (int, float)) and isinstance(b, (int, float)) and abs(a - b) <= 1e-3
    if isinstance(a, dict):
        return isinstance(b, dict) and a.keys() == b.keys() and all(same(a[k], b[k]) for k in a)
    if isinstance(a, list):
        return isinstance(b, list) and len(a) == len(b) and all(map(same, a, b))
    return a == b


class Run:
    def __init__(self, options, folder):
        self.options, self.folder = options, folder
        self.random = random.Random(options.seed)
        self.socket = str(folder / "redis.sock")
        self.url = "unix://" + self.socket
        # Without fsync: a killed Redis loses nothing that it has written, while one that waits for a slow disk has not
        # written the last seconds.
        self.redis = Supervised("redis", ["redis-server", "--port", "0", "--unixsocket", self.socket, "--dir", str(folder),
                                          "--appendonly", "yes", "--appendfsync", "no", "--save", ""], folder)
        uie = [options.uie, "serve", "--redis", self.url, "--redis-claim", str(CLAIM_MS), "--redis-trials", str(TRIALS),
               "--log-level", "warn"]
        model = ["--model", f"m={options.model}"] if options.model else []
        self.ports = [free_port(), free_port()]
        self.workers = [Supervised(f"worker{i}", uie + model + ["--role", "worker", "--port", "0", "--threads", "1",
                                                                "--no-pin-threads", "--instance", f"w{i}",
                                                                "--max-in-flight", "16"],
                                   folder, {"UIE_TEST_POISON": POISON}) for i in range(3)]
        self.fronts = [Supervised(f"front{i}", uie + ["--role", "frontend", "--port", str(port)], folder)
                       for i, port in enumerate(self.ports)]
        self.failures, self.counts, self.done, self.lock = [], {}, 0, threading.Lock()

    def all(self):
        return self.fronts + self.workers + [self.redis]

    def wait_until_ready(self):
        for port in self.ports:
            for _ in range(600):
                try:
                    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
                    connection.request("GET", "/readyz")
                    if connection.getresponse().status == 200:
                        break
                except OSError:
                    pass
                time.sleep(0.1)
            else:
                raise SystemExit("the fleet did not become ready; logs are in " + str(self.folder))

    def count(self, what):
        with self.lock:
            self.counts[what] = self.counts.get(what, 0) + 1

    def fail(self, what):
        with self.lock:
            self.failures.append(what)

    def ask(self, index, body):
        """Until it is accepted; then its one answer. None: its front end was killed under it."""
        for attempt in range(3_000):
            which = (index + attempt) % 2
            front, began = self.fronts[which], time.monotonic()
            status, answer = post(self.ports[which], body)
            if status == -1 or status in (429, 503):
                detail = answer.get("detail", "") if isinstance(answer, dict) else answer
                if "lost" in detail:
                    return self.fail(f"request {index}: {detail}")
                self.count(f"tried again: {detail[:60]}")
                time.sleep(0.1)
                continue
            if status == 0:
                time.sleep(0.5)
                if any(moment >= began for moment in front.deaths):
                    return self.count("front end killed")
                return self.fail(f"request {index}: the connection broke: {answer}")
            return status, answer
        return self.fail(f"request {index}: never accepted")

    def each(self, jobs, work):
        rest = iter(list(jobs))
        def drain():
            while True:
                with self.lock:
                    job = next(rest, None)
                if job is None:
                    return
                work(*job)
        threads = [threading.Thread(target=drain) for _ in range(self.options.clients)]
        for thread in threads:
            thread.start()
        return threads

    def undisturbed(self, distinct):
        expected = [None] * len(distinct)
        def work(index, body):
            result = self.ask(index, body)
            if result is None or result[0] != 200:
                raise SystemExit(f"undisturbed request {index}: {result}")
            expected[index] = result[1]["results"]
        for thread in self.each(enumerate(distinct), work):
            thread.join()
        return expected

    def check(self, index, expected, poisoned, result):
        with self.lock:
            self.done += 1
        if result is None:
            return
        status, answer = result
        if poisoned:
            if status != 422 or "given up" not in answer.get("detail", ""):
                return self.fail(f"poisoned request {index}: {status} {answer}")
            return self.count("given up")
        if status != 200:
            return self.fail(f"request {index}: {status} {answer}")
        if not same(answer["results"], expected):
            return self.fail(f"request {index}: other tuples than undisturbed")
        self.count("right")

    def disturb(self, running):
        """Workers every now and then; each other harm once, when a quarter, half and three quarters are answered."""
        plan = [self.kill_redis, self.kill_front, self.freeze_worker]
        self.random.shuffle(plan)
        next_kill = self.options.every
        next_word = time.monotonic() + 30
        while any(thread.is_alive() for thread in running):
            time.sleep(0.05)
            if time.monotonic() >= next_word:
                print(f"  {self.done} of {self.options.requests} are done", flush=True)
                next_word += 30
            if plan and self.done >= self.options.requests * (4 - len(plan)) // 4:
                plan.pop()()
            if self.done >= next_kill:
                time.sleep(self.random.uniform(0, 0.3))  # not just when an answer has come
                self.count("worker killed")
                self.random.choice(self.workers).kill()
                next_kill = self.done + self.random.uniform(0.3, 1.7) * self.options.every

    def kill_redis(self):
        self.count("Redis killed")
        self.redis.kill(self.random.choice([signal.SIGKILL, signal.SIGTERM]))

    def kill_front(self):
        self.count("front end killed once")
        self.random.choice(self.fronts).kill()

    def freeze_worker(self):
        self.count("worker frozen")
        frozen = self.random.choice(self.workers).process
        frozen.send_signal(signal.SIGSTOP)
        def thaw():
            time.sleep(CLAIM_MS / 1_000 + 3)
            try:
                frozen.send_signal(signal.SIGCONT)
            except ProcessLookupError:
                pass
        threading.Thread(target=thaw).start()

    def redis_says(self, *words):
        return subprocess.run(["redis-cli", "-s", self.socket, *words], capture_output=True, text=True).stdout.strip()

    def check_leftovers(self, poisoned):
        letters = subprocess.run([self.options.uie, "jobs", "list", "--redis", self.url], capture_output=True, text=True)
        found = [line for line in letters.stdout.splitlines() if line]
        # A poisoned request whose front end was killed is given up as well, though nobody hears of it.
        if len(found) != poisoned:
            self.fail(f"{len(found)} dead letters instead of {poisoned}: {found} {letters.stderr}")
        model = "m" if self.options.model else "default"
        for _ in range(100):
            left = {key: self.redis_says(command, f"uie:model:{model}:{key}")
                    for command, key in (("XLEN", "jobs"), ("HLEN", "live"), ("ZCARD", "waiting"))}
            if all(value == "0" for value in left.values()):
                break
            time.sleep(0.2)
        else:
            self.fail(f"left in Redis: {left}")

    def run(self):
        self.wait_until_ready()
        distinct = bodies(self.options.distinct)
        expected = self.undisturbed(distinct)
        print(f"undisturbed: {len(distinct)} requests answered", flush=True)
        total, poisoned = self.options.requests, set()
        jobs = [(i, distinct[i % len(distinct)]) for i in range(total)]
        poisoned = set(self.random.sample(range(total // 2), self.options.poisoned))
        jobs = [(i, dict(body, text=body["text"] + POISON) if i in poisoned else body) for i, body in jobs]
        began = time.monotonic()
        running = self.each(jobs, lambda i, body: self.check(i, expected[i % len(distinct)], i in poisoned, self.ask(i, body)))
        self.disturb(running)
        for thread in running:
            thread.join()
        self.check_leftovers(len(poisoned))
        print(f"seed {self.options.seed}: {total} requests in {time.monotonic() - began:.0f} s: "
              + ", ".join(f"{count} {what}" for what, count in sorted(self.counts.items()))
              + f"; worker starts {[worker.starts for worker in self.workers]}", flush=True)
        for failure in self.failures[:20]:
            print("FAILED:", failure, flush=True)
        return not self.failures


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--uie", default=str(TOP / "build/dev/uie"), help="a build with tests: only those know poison")
    parser.add_argument("--model", default="", help="a model directory; default: the model that ships")
    parser.add_argument("--requests", type=int, default=300)
    parser.add_argument("--distinct", type=int, default=40, help="different requests; they are asked over and over")
    parser.add_argument("--clients", type=int, default=24)
    parser.add_argument("--poisoned", type=int, default=2)
    parser.add_argument("--every", type=float, default=40,
                        help="answers between two killed workers, on average: by seconds a slow machine would only start workers")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    parser.add_argument("--keep", action="store_true", help="keep the logs, and say where")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="uie-kill-") as folder:
        run = Run(options, pathlib.Path(folder))
        try:
            good = run.run()
        finally:
            for program in run.all():
                program.stop()
        if options.keep or not good:
            kept = tempfile.mkdtemp(prefix="uie-kill-kept-")
            subprocess.run(["cp", "-r", folder, kept])
            print("logs:", kept, flush=True)
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
