"""The pools of Python as competitors: `pools.py NAME --work W …` does the work and prints the figures.

Takes the same options and prints the same lines as a competitor in Rust (see `src/stage.rs`), measured in the same way.
Must not set anything that the work does not ask for.
"""

import argparse
import sys
import time
from collections import deque

LARGE = 64 << 20
CRUNCHES = 24
SLOWLY_TAKEN = 100


def same(value):
    return value


def sleep_us(length):
    time.sleep(length / 1e6)
    return length


def crunch(seed):
    x = seed | 1
    for _ in range(60_000):
        x ^= (x << 13) & 0xFFFFFFFFFFFFFFFF
        x ^= x >> 7
        x ^= (x << 17) & 0xFFFFFFFFFFFFFFFF
    return x


def ones(length):
    return b"\x01" * length


def drain(results):
    deque(results, maxlen=0)


class Unsupported(Exception):
    pass


class Pool:
    """What each pool says about itself; the default is that it cannot."""

    def map(self, f, items):
        raise Unsupported

    def map_one(self, f, items):
        raise Unsupported

    def imap(self, f, items):
        raise Unsupported

    def imap_one(self, f, items):
        raise Unsupported

    def imap_unordered_one(self, f, items):
        raise Unsupported

    def submit(self, f, item):
        raise Unsupported

    @staticmethod
    def fresh(workers):
        raise Unsupported


class Multiprocessing(Pool):
    def __init__(self, workers, **options):
        import multiprocessing

        self.pool = multiprocessing.Pool(workers, **options)

    @staticmethod
    def fresh(workers):
        return Multiprocessing(workers, maxtasksperchild=1)

    def map(self, f, items):
        return self.pool.map(f, items)

    def map_one(self, f, items):
        return self.pool.map(f, items, chunksize=1)

    def imap(self, f, items):
        return self.pool.imap(f, items)

    imap_one = imap

    def imap_unordered_one(self, f, items):
        return self.pool.imap_unordered(f, items)

    def apply(self, f, item):
        return self.pool.apply(f, (item,))

    def submit(self, f, item):
        return self.pool.apply_async(f, (item,))

    def end(self):
        self.pool.terminate()
        self.pool.join()


class Executor(Pool):
    """concurrent.futures and loky; the default chunk is one item, and `map` is an iterator over all that was sent."""

    def make(self, workers):
        from concurrent.futures import ProcessPoolExecutor

        return ProcessPoolExecutor(workers)

    def __init__(self, workers):
        self.pool = self.make(workers)

    def map(self, f, items):
        return list(self.pool.map(f, items))

    map_one = map

    def imap(self, f, items):
        return self.pool.map(f, items)

    imap_one = imap

    def imap_unordered_one(self, f, items):
        from concurrent.futures import as_completed

        return (future.result() for future in as_completed([self.pool.submit(f, item) for item in items]))

    def apply(self, f, item):
        return self.pool.submit(f, item).result()

    def submit(self, f, item):
        return self.pool.submit(f, item)

    def end(self):
        self.pool.shutdown()


class Loky(Executor):
    def make(self, workers):
        from loky import ProcessPoolExecutor

        return ProcessPoolExecutor(workers)

    def end(self):
        self.pool.shutdown(kill_workers=True)


class Pebble(Pool):
    def __init__(self, workers, **options):
        from pebble import ProcessPool

        self.pool = ProcessPool(max_workers=workers, **options)

    @staticmethod
    def fresh(workers):
        return Pebble(workers, max_tasks=1)

    def map(self, f, items):
        return list(self.pool.map(f, items).result())

    map_one = map

    def imap(self, f, items):
        return self.pool.map(f, items).result()

    imap_one = imap

    def apply(self, f, item):
        return self.pool.schedule(f, args=[item]).result()

    def submit(self, f, item):
        return self.pool.schedule(f, args=[item])

    def end(self):
        self.pool.stop()
        self.pool.join()


class Mpire(Pool):
    def __init__(self, workers, **options):
        from mpire import WorkerPool

        self.pool = WorkerPool(workers, keep_alive=True, **options)
        self.options = {}

    @staticmethod
    def fresh(workers):
        pool = Mpire(workers)
        pool.options = {"worker_lifespan": 1}
        return pool

    def map(self, f, items):
        return self.pool.map(f, items, **self.options)

    def map_one(self, f, items):
        return self.pool.map(f, items, chunk_size=1, **self.options)

    def imap(self, f, items):
        return self.pool.imap(f, items, iterable_len=ARGS.items)

    def imap_one(self, f, items):
        return self.pool.imap(f, items, chunk_size=1)

    def imap_unordered_one(self, f, items):
        return self.pool.imap_unordered(f, items, chunk_size=1)

    def apply(self, f, item):
        return self.pool.apply(f, (item,))

    def submit(self, f, item):
        return self.pool.apply_async(f, (item,))

    def end(self):
        self.pool.terminate()


POOLS = {
    "multiprocessing": Multiprocessing,
    "process-pool-executor": Executor,
    "loky": Loky,
    "pebble": Pebble,
    "mpire": Mpire,
}


def say(metric, value):
    print(metric, value, flush=True)


def seconds(run):
    began = time.perf_counter()
    run()
    return time.perf_counter() - began


def per_task(most, run):
    budget = ARGS.budget_ms / 1e3
    tasks = min(16, most)
    while seconds(lambda: run(tasks)) < budget / 3 and tasks < most:
        tasks = min(tasks * 2, most)
    say("ns", sorted(seconds(lambda: run(tasks)) for _ in range(3))[1] * 1e9 / tasks)


def median(metrics, once):
    once()
    began, times = time.perf_counter(), []
    while time.perf_counter() - began < ARGS.budget_ms / 1e3 or len(times) < 3:
        times.append(once())
    for metric, column in zip(metrics, zip(*times)):
        say(metric, sorted(column)[len(column) // 2] * 1e9)


def status(name):
    with open("/proc/self/status") as lines:
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(name + ":"))


def growth(metric, per, run):
    before = status("VmRSS")
    with open("/proc/self/clear_refs", "w") as peak:
        peak.write("5")
    result = run()
    say(metric, max(0, status("VmHWM") - before) / per)
    return result


class Counted:
    def __init__(self):
        self.pulled = 0

    def items(self):
        for item in range(ARGS.items):
            self.pulled += 1
            yield item


def efficiency(pool):
    before = seconds(lambda: [crunch(seed) for seed in range(CRUNCHES // 2)])
    parallel = seconds(lambda: pool.map(crunch, range(CRUNCHES)))
    after = seconds(lambda: [crunch(seed) for seed in range(CRUNCHES // 2, CRUNCHES)])
    say("efficiency", (before + after) / (parallel * ARGS.workers))


def makespan(pool):
    ideal = max(sum(ARGS.sleeps_us) / ARGS.workers, max(ARGS.sleeps_us))
    say("over_ideal", seconds(lambda: pool.map(sleep_us, ARGS.sleeps_us)) * 1e6 / ideal)


def answers(pool):
    def once():
        if ARGS.work == "apply-asleep":
            time.sleep(0.003)
        return (seconds(lambda: pool.apply(same, 7)),)

    median(["ns"], once)


def first(pool):
    def once():
        began = time.perf_counter()
        results = iter(pool.imap_one(same, range(1000)))
        next(results)
        took = time.perf_counter() - began
        drain(results)
        return (took,)

    median(["ns"], once)


def slowly(pool):
    source = Counted()

    def run():
        results = iter(pool.imap(same, source.items()))
        for _ in range(SLOWLY_TAKEN):
            next(results)
            time.sleep(0.002)
        say("ahead", source.pulled - SLOWLY_TAKEN)
        return results

    growth("growth", 1, run)


def queued(pool):
    for _ in range(ARGS.workers):
        pool.submit(sleep_us, 600_000_000)
    growth("bytes", ARGS.items, lambda: [pool.submit(same, item) for item in range(ARGS.items)])


def life(kind):
    def once():
        began = time.perf_counter()
        pool = kind(4)
        pool.apply(same, 7)
        first = time.perf_counter() - began
        pool.end()
        return first, time.perf_counter() - began

    median(["first", "total"], once)


def hold():
    print("ready", flush=True)
    sys.stdin.read(1)


def large(pool):
    if ARGS.work == "argument":
        payload = ones(LARGE)
        median(["ns"], lambda: (seconds(lambda: pool.apply(len, payload)),))
    else:
        median(["ns"], lambda: (seconds(lambda: pool.apply(ones, LARGE)),))


def play(kind):
    work = ARGS.work
    if work == "life":
        return life(kind)
    pool = kind.fresh(ARGS.workers) if work == "fresh" else kind(ARGS.workers)
    if work == "imap-unordered":
        # mpire cannot go from one verb to the other in a pool that it keeps alive.
        drain(pool.imap_unordered_one(same, range(100)))
    elif work != "fresh":
        pool.map(same, range(100))
    if work == "map-one":
        per_task(1 << 16, lambda n: pool.map_one(same, range(n)))
    elif work == "map-default":
        per_task(1 << 20, lambda n: pool.map(same, range(n)))
    elif work == "imap-one":
        per_task(1 << 16, lambda n: drain(pool.imap_one(same, range(n))))
    elif work == "imap-unordered":
        per_task(1 << 16, lambda n: drain(pool.imap_unordered_one(same, range(n))))
    elif work == "imap-first":
        first(pool)
    elif work in ("apply", "apply-asleep"):
        answers(pool)
    elif work in ("argument", "result"):
        large(pool)
    elif work == "fresh":
        per_task(400, lambda n: pool.map_one(same, range(n)))
    elif work == "equal":
        efficiency(pool)
    elif work in ("uneven-random", "uneven-late"):
        makespan(pool)
    elif work == "map-memory":
        growth("growth", 1, lambda: pool.map(same, range(ARGS.items)))
    elif work == "imap-slow":
        slowly(pool)
    elif work == "queued":
        queued(pool)
    elif work == "idle":
        hold()
    else:
        raise Unsupported


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("name", choices=POOLS)
    parser.add_argument("--work")
    parser.add_argument("--workers", type=int)
    parser.add_argument("--budget-ms", type=int)
    parser.add_argument("--items", type=int)
    parser.add_argument("--sleeps-us", type=lambda text: [int(part) for part in text.split(",") if part], default=[])
    ARGS = parser.parse_args()
    try:
        play(POOLS[ARGS.name])
    except Unsupported:
        print("unsupported", flush=True)
    # What is queued or pulled ahead would be finished first. The one who holds the contest ends the processes.
    print("end", flush=True)
    if ARGS.work in ("imap-slow", "queued", "idle"):
        sys.stdin.read()
