# Every call of Python's pool once; python-and-rust.rs says the same in Rust, and prints the same.
#
# ```toml
# output = "exact"
# ```

from multiprocessing import Pool
from os import getpid

MATCHES = range(1, 11)

def analyze_match(match_id):
    if match_id == 13:
        raise ValueError("page 2 of Match #13 is torn")
    return f"Match #{match_id}"

def gap(white, black):
    return abs(white - black)

def desk(_):
    return getpid()

def sit_down():
    pass

# ANCHOR: one
def one_task(agency):
    print("apply:", agency.apply(analyze_match, (7,)))

    task = agency.apply_async(analyze_match, (7,))
    print("apply_async:", task.get(timeout=60))
# ANCHOR_END: one

# ANCHOR: list
def a_list(agency):
    print("map:", len(agency.map(analyze_match, MATCHES)))
    print("threes:", len(agency.map(analyze_match, MATCHES, chunksize=3)))

    season = agency.map_async(analyze_match, MATCHES)
    print("map_async:", len(season.get()))
# ANCHOR_END: list

# ANCHOR: star
def several_arguments(agency):
    print("starmap:", agency.starmap(gap, [(1, 4), (9, 7)]))

    gaps = agency.starmap_async(gap, [(1, 4), (9, 7)])
    print("starmap_async:", gaps.get())
# ANCHOR_END: star

# ANCHOR: imap
def one_by_one(agency):
    for result in agency.imap(analyze_match, range(1, 4)):
        print("imap:", result)

    results = agency.imap_unordered(analyze_match, range(1, 4))
    print("imap_unordered:", len(list(results)))
# ANCHOR_END: imap

# ANCHOR: error
def no_result(agency):
    try:
        agency.map(analyze_match, range(1, 21))
    except ValueError as error:
        print("No result:", error)
# ANCHOR_END: error

# ANCHOR: settings
def settings():
    with Pool(2, initializer=sit_down, maxtasksperchild=1) as agency:
        desks = agency.map(desk, range(6), chunksize=1)
        print("processes for six tasks:", len(set(desks)))
# ANCHOR_END: settings

# ANCHOR: end
def endings():
    agency = Pool(2)
    season = agency.map_async(analyze_match, MATCHES)
    agency.close()
    agency.join()
    print("closed and joined:", len(season.get()))
    Pool(2).terminate()
# ANCHOR_END: end

# ANCHOR: open
if __name__ == "__main__":
    with Pool(processes=4) as agency:
        # …
        # ANCHOR_END: open
        one_task(agency)
        a_list(agency)
        several_arguments(agency)
        one_by_one(agency)
        no_result(agency)
    settings()
    endings()
