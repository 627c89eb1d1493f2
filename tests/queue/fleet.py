"""Real processes for the load tests: Redis, a front end and a worker, or one server with everything in it; and the load."""
import http.client, json, lzma, os, pathlib, random, signal, socket, subprocess, time

TOP = pathlib.Path(__file__).resolve().parents[2]
TICKS = os.sysconf("SC_CLK_TCK")


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Program:
    def __init__(self, name, words, folder):
        self.name = name
        with open(folder / f"{name}.log", "ab") as log:
            self.process = subprocess.Popen(words, stdout=log, stderr=log)

    def cpu_seconds(self):
        """User and system time of all its threads."""
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def thread_cpu_seconds(self):
        """By the name of the thread; those without one of their own carry the program's."""
        sums = {}
        for task in pathlib.Path(f"/proc/{self.process.pid}/task").iterdir():
            name = (task / "comm").read_text().strip()
            # In ns: the ticks of `stat`, rounded down in each of hundreds of threads, would lose a fifth.
            sums[name] = sums.get(name, 0) + int((task / "schedstat").read_text().split()[0]) / 1e9
        return sums

    def memory_kib(self, what="VmRSS"):
        """VmRSS: all that is resident; RssAnon: without the pages of the program's and its libraries' files."""
        for line in open(f"/proc/{self.process.pid}/status"):
            if line.startswith(what + ":"):
                return int(line.split()[1])

    def threads(self):
        return len(os.listdir(f"/proc/{self.process.pid}/task"))

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()


class Fleet:
    """In process (`redis` false): one server. Else redis-server with AOF, a front end and a worker. The flags `front` and
    `work` go to whom they concern; a server alone gets both."""

    def __init__(self, folder, uie, model, redis, front=(), work=()):
        self.port, folder = free_port(), pathlib.Path(folder)
        serve = [uie, "serve", "--log-level", "warn"]
        # No pinning: all processes and the client share the cores, and the scheduler has to move them.
        work = ["--model", f"m={model}", "--no-pin-threads", *work]
        if redis:
            self.redis_socket = str(folder / "redis.sock")
            self.redis = Program("Redis", ["redis-server", "--port", "0", "--unixsocket", self.redis_socket, "--dir",
                                           str(folder), "--appendonly", "yes", "--save", ""], folder)
            serve += ["--redis", "unix://" + self.redis_socket]
            self.front = Program("front end", serve + ["--role", "frontend", "--port", str(self.port), *front], folder)
            self.worker = Program("worker", serve + ["--role", "worker", "--port", "0", *work], folder)
            self.programs = [self.front, self.redis, self.worker]
        else:
            self.programs = [Program("server", serve + ["--port", str(self.port), *front, *work], folder)]
        self.wait_until_ready()

    def wait_until_ready(self):
        for _ in range(300):
            try:
                if self.get("/readyz")[0] == 200:
                    return
            except OSError:
                pass
            time.sleep(0.1)
        self.stop()
        raise SystemExit("the fleet did not become ready")

    def get(self, path):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def redis_says(self, *words):
        return subprocess.run(["redis-cli", "-s", self.redis_socket, *words], capture_output=True, text=True).stdout.strip()

    def cpu_seconds(self):
        return {program.name: program.cpu_seconds() for program in self.programs}

    def stop(self):
        for program in self.programs:
            program.stop()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


def real_bodies(longest, deadline_ms, texts=1, count=200):
    """Published texts of at most so many characters under their schemas; several texts of a request share one schema."""
    rows = [json.loads(line) for line in lzma.open(TOP / "tests/data/real/golden.jsonl.xz", "rt")]
    rows = [row for row in rows if len(row["text"]) <= longest]
    random.Random(1).shuffle(rows)
    made = []
    for i in range(count):
        row = rows[i % len(rows)]
        body = {"schema": row["schema"], "options": {"deadline_ms": deadline_ms}}
        if texts == 1:
            body["text"] = row["text"]
        else:
            body["texts"] = [rows[(i + k) % len(rows)]["text"] for k in range(texts)]
        made.append(body)
    return made


class Load:
    """tests/bench/http_bench on a list of bodies."""

    def __init__(self, program, bodies, folder):
        self.program, self.file = program, pathlib.Path(folder) / "bodies.jsonl"
        self.file.write_text("".join(json.dumps(body, ensure_ascii=False) + "\n" for body in bodies))

    def start(self, port, connections, rate, seconds):
        words = [self.program, "127.0.0.1", str(port), str(self.file), str(connections), str(rate), str(seconds)]
        return subprocess.Popen(words, stdout=subprocess.PIPE, text=True)

    def run(self, port, connections, rate, seconds):
        """The report: {"seconds", "answered", "refused", "broken", "unsent", "by_status": {"200": {"count", "p50_ms" …}}}."""
        return json.loads(self.start(port, connections, rate, seconds).communicate()[0])


def machine():
    name = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "?")
    load = open("/proc/loadavg").read().split()[0]
    return f"{os.cpu_count()} cores of {name}, shared by everything including the client; load average before: {load}"
