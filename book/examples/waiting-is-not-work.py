# Work and waiting in Python, at four processes and on four threads.
#
# ```toml
# output = "invariant"
#
# [[lines]]
# like = 'Pool        work \d+\.\d\d s, waiting \d+\.\d\d s'
# count = 1
#
# [[lines]]
# like = 'ThreadPool  work \d+\.\d\d s, waiting \d+\.\d\d s'
# count = 1
# ```

# ANCHOR: both
from multiprocessing.pool import Pool, ThreadPool
from time import perf_counter, sleep

def analyze_match(match_id):
    return sum(i * i for i in range(1_000_000))

def fetch(club):
    sleep(0.03)  # a letter on its way

def timed(function, agency):
    begun = perf_counter()
    agency.map(function, range(1, 11))
    return f"{perf_counter() - begun:.2f} s"

if __name__ == "__main__":
    for kind in (Pool, ThreadPool):
        with kind(4) as agency:
            work, waiting = timed(analyze_match, agency), timed(fetch, agency)
            print(f"{kind.__name__:<11} work {work}, waiting {waiting}")
# ANCHOR_END: both
