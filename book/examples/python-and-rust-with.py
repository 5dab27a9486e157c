# Work under way when Python's with block ends.
#
# ```toml
# output = "exact"
# ```

# ANCHOR: with
from multiprocessing import Pool, TimeoutError
from time import sleep

def analyze_match(match_id):
    sleep(3600)

if __name__ == "__main__":
    with Pool(processes=4) as agency:
        season = agency.map_async(analyze_match, range(1, 11))
    try:
        season.get(timeout=1)
    except TimeoutError:
        print("No result after a second")
# ANCHOR_END: with
