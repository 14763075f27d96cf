#!/bin/bash
# Runs every benchmark of the release build, one after the other; ends with 1 when one misses its target.
#   tests/bench/run.sh [--short]
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
short=()
seconds=20
if [ "${1-}" = --short ]; then
  short=(--short)
  seconds=8
fi
status=0
for bench in build/release/tests/bench/bench_*; do
  [ -x "$bench" ] || continue
  # Part of egress and ingest.
  [[ $bench != *_floor ]] || continue
  echo "-- ${bench##*/}"
  options=(--check "${short[@]}")
  [ "${bench##*/}" != bench_unwatched ] || options=(--check --seconds "$((seconds / 2))")
  timeout -k 10 600 tests/support/isolated.sh "$bench" "${options[@]}" || status=1
done
echo "-- drain"
timeout -k 10 300 tests/support/isolated.sh node tests/bench/drain/drain.mjs "$seconds" || status=1
echo "-- join"
timeout -k 10 600 tests/support/isolated.sh node tests/bench/join/join.mjs "${short[@]}" || status=1
echo "-- egress"
timeout -k 10 900 tests/support/isolated.sh node tests/bench/egress/egress.mjs "${short[@]}" || status=1
echo "-- ingest"
timeout -k 10 1800 tests/support/isolated.sh node tests/bench/ingest/ingest.mjs "${short[@]}" || status=1
exit "$status"
