# A clerk who is never waited for, in Python: it waits at the end of the program, whether you asked it to or not.
#
# ```toml
# output = "exact"
# ```
# ANCHOR: forgotten
import time
from multiprocessing import Process

def analyze_match(match_id):
    time.sleep(0.5)
    print(f"Result for Match #{match_id}: Analysis Clear")

if __name__ == "__main__":
    clerk = Process(target=analyze_match, args=(14,))
    clerk.start()
    print("The bulletin is out", flush=True)
# ANCHOR_END: forgotten
