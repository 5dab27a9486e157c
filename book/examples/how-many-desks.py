# How many desks Python opens when nobody says, for a tenant who may use one core.
#
# ```toml
# output = "invariant"
#
# [[lines]]
# like = 'sign: \d+, allowed: 1, desks: \d+'
# count = 1
# ```
# ANCHOR: default
import os
from multiprocessing import Pool, active_children

if __name__ == "__main__":
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    with Pool() as agency:
        desks = len(active_children())
    allowed = len(os.sched_getaffinity(0))
    print(f"sign: {os.cpu_count()}, allowed: {allowed}, desks: {desks}")
# ANCHOR_END: default
