#!/usr/bin/env bash
# Runs the pool's compiled tests over and over, and counts: what shows once in a thousand rounds is a bug.
#
#     pool-lib/tests/soak.sh [-r ROUNDS] [-m MINUTES] [-b LOOPS] [-d] [-o BINARY]... [-- ARGUMENT...]
#
#   -r  so many rounds of each binary (1000)
#   -m  but no longer than so many minutes, all in all
#   -b  beside so many busy loops
#   -d  the debug build; else the release build
#   -o  only this binary, may be repeated: lib it leftovers parent … (all but those that only read text, build programs
#       or need gigabytes)
#   --  arguments for the test binaries: a filter, --skip, --test-threads
#
# RUST_BACKTRACE=0, as in CI, spares workers that panic on purpose the making of backtraces.
# Prints a line now and then, and at the end for each binary `rounds, failures`. What a failed round said is kept in
# target/soak. Ends with 1 if anything failed. Must not leave anything running, whatever ends it.
set -euo pipefail
cd "$(dirname "$0")/../.."

rounds=1000 minutes=0 loops=0 profile=(--release) only=()
while getopts r:m:b:do: option; do
    case $option in
    r) rounds=$OPTARG ;;
    m) minutes=$OPTARG ;;
    b) loops=$OPTARG ;;
    d) profile=() ;;
    o) only+=("$OPTARG") ;;
    *) exit 2 ;;
    esac
done
shift $((OPTIND - 1))
[ ${#only[@]} -gt 0 ] || only=(lib it leftovers parent signals descriptors output)

targets=()
for name in "${only[@]}"; do
    if [ "$name" = lib ]; then targets+=(--lib); else targets+=(--test "$name"); fi
done
built=$(cargo test "${profile[@]}" --package pool-lib "${targets[@]}" --no-run 2>&1) || {
    echo "$built" >&2
    exit 1
}
# Each with the name by which it was asked for: "Executable tests/it/main.rs (target/release/deps/it-0123)".
mapfile -t binaries < <(sed -n 's/.*Executable .* (\(.*\))$/\1/p' <<<"$built")

busy=()
end() {
    for pid in "${busy[@]}"; do kill "$pid" 2>/dev/null || true; done
}
trap end EXIT
trap 'exit 130' INT TERM
for ((n = 0; n < loops; n++)); do
    (while :; do :; done) &
    busy+=($!)
done

mkdir -p target/soak
began=$SECONDS
declare -A done_rounds failures
for binary in "${binaries[@]}"; do done_rounds[$binary]=0 failures[$binary]=0; done

report() {
    for binary in "${binaries[@]}"; do
        printf '%s: %d rounds, %d failures\n' \
            "$(basename "$binary")" "${done_rounds[$binary]}" "${failures[$binary]}"
    done
    printf '%d s, beside %d busy loops\n' "$((SECONDS - began))" "$loops"
}

total=0 told=$SECONDS
for ((round = 1; round <= rounds; round++)); do
    for binary in "${binaries[@]}"; do
        said=target/soak/$(basename "$binary").$$.$round
        # As cargo runs them: from the package's folder.
        if ! (cd pool-lib && RUST_BACKTRACE=${RUST_BACKTRACE:-1} "../$binary" "$@") >"$said" 2>&1; then
            failures[$binary]=$((failures[$binary] + 1)) total=$((total + 1))
            echo "round $round failed: $said"
        else
            rm "$said"
        fi
        done_rounds[$binary]=$round
    done
    if ((SECONDS - told >= 60)); then
        echo "round $round of $rounds, $((SECONDS - began)) s, $total failures"
        told=$SECONDS
    fi
    if ((minutes > 0 && SECONDS - began >= 60 * minutes)); then break; fi
done
report
((total == 0))
