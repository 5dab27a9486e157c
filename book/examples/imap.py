# Five results from a telegraph that never stops, in Python, to somebody who is slow: how far imap reads meanwhile.
#
# ```toml
# output = "invariant"
#
# [[lines]]
# like = 'Result for Match #([1-4]): Analysis Clear, \d+ matches read'
# count = 4
# ascending = true
#
# [[lines]]
# like = 'Result for Match #5: Analysis Clear, \d{3,} matches read'
# count = 1
# ```
# ANCHOR: imap
from itertools import count, islice
from multiprocessing import Pool
from time import sleep

matches_read = 0

def wire():
    global matches_read
    for match_id in count(1):
        matches_read += 1
        yield match_id

def analyze_match(match_id):
    return "Result for Match #%d: Analysis Clear" % match_id

if __name__ == "__main__":
    with Pool(processes=4) as agency:
        for result in islice(agency.imap(analyze_match, wire()), 5):
            sleep(0.1)
            print(f"{result}, {matches_read} matches read")
# ANCHOR_END: imap
