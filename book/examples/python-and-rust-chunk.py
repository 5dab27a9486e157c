# A chunk with a torn scorebook in it, in Python: what becomes of the rest of the chunk.
#
# ```toml
# output = "invariant"
#
# [[lines]]
# like = 'Analyzed Match #(1|[4-9]|10)'
# count = 8
# distinct = 8
#
# [[lines]]
# like = 'No result: page 1 of Match #2 is torn'
# count = 1
# ```

# ANCHOR: chunk
from multiprocessing import Pool
from sys import stdout

def analyze_match(match_id):
    if match_id == 2:
        raise ValueError("page 1 of Match #2 is torn")
    stdout.write(f"Analyzed Match #{match_id}\n")

if __name__ == "__main__":
    with Pool(processes=4) as agency:
        try:
            agency.map(analyze_match, range(1, 11), chunksize=3)
        except ValueError as error:
            print("No result:", error)
# ANCHOR_END: chunk
