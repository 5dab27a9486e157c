# A row with a column too few, in Python: found at the desk, when the slip is read.
#
# ```toml
# output = "exact"
# ```
# ANCHOR: short
from multiprocessing import Pool

def analyze_position(match_id, first_move, depth):
    return f"Match #{match_id}: Analysis Clear"

if __name__ == "__main__":
    with Pool(processes=3) as agency:
        try:
            agency.starmap(analyze_position, [(12, 31, 3), (7, 18)])
        except TypeError as error:
            print(error)
# ANCHOR_END: short
