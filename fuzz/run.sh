#!/bin/sh
# Runs targets one after the other: fuzz/run.sh SECONDS [TARGET...]; all of them if none is named.
# What came of each stands in fuzz/log/<target>.log; it ends at the first finding of a target and goes on with the next.
set -eu
cd "$(dirname "$0")/.."
seconds=$1
shift
[ $# -gt 0 ] || set -- $(cargo +nightly fuzz list)
mkdir -p fuzz/log
for target in "$@"; do
    case $target in
        xml) dictionary=xml ;;
        *) dictionary=json ;;
    esac
    # The memory of this process only: a bomb must not take the machine along.
    cargo +nightly fuzz run -s none "$target" -- -dict=fuzz/dictionaries/$dictionary.dict -max_total_time="$seconds" \
        -max_len=20000 -timeout=20 -rss_limit_mb=1500 -print_final_stats=1 >"fuzz/log/$target.log" 2>&1 &&
        state=passed || state=FAILED
    echo "$target: $state, $(grep -o 'stat::number_of_executed_units: *[0-9]*' "fuzz/log/$target.log" | grep -o '[0-9]*$') executions"
done
