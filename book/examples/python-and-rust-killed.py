# A worker that is killed in the middle of a match, in Python: who is told?
#
# ```toml
# output = "invariant"
# exit = "never"
# deadline_s = 3
#
# [[lines]]
# like = 'Match #([12]|[4-9]|10)'
# count = 9
# distinct = 9
# ```

# ANCHOR: killed
from multiprocessing import Pool
from os import getpid, kill
from signal import SIGKILL

MATCHES = range(1, 11)

def analyze_match(match_id):
    if match_id == 3:
        kill(getpid(), SIGKILL)
    return f"Match #{match_id}"

if __name__ == "__main__":
    with Pool(processes=4) as agency:
        for result in agency.imap_unordered(analyze_match, MATCHES):
            print(result)
# ANCHOR_END: killed
