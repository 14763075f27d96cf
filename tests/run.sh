#!/bin/bash
# Installs what is missing, builds, runs every test, and ends with `N passed, N failed`.
#   tests/run.sh [--long] [--keep-going] [--only STEP]…
# Steps, cheapest first: text release asan tsan tidy e2e fuzz interop bench. --long runs the soaks of each step too.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1

all=(text release asan tsan tidy e2e fuzz interop bench)
steps=()
keep_going=
export SPILLWAY_LONG=
while [ $# -gt 0 ]; do
  case $1 in
  --long) SPILLWAY_LONG=1 ;;
  --keep-going) keep_going=1 ;;
  --only) steps+=("${2:?a step: ${all[*]}}"); shift ;;
  *) echo "run.sh: unknown argument '$1'; allowed: --long, --keep-going, --only STEP" >&2; exit 64 ;;
  esac
  shift
done
[ ${#steps[@]} -gt 0 ] || steps=("${all[@]}")

logs=build/logs
mkdir -p "$logs"
jobs=$(nproc)
passed=0
failed=0

# Objects of an earlier clone in another folder count too.
export CCACHE_BASEDIR=$PWD CCACHE_NOHASHDIR=1
export CTEST_OUTPUT_ON_FAILURE=1
export G_SLICE=always-malloc
# Frame pointers end in GLib, which has none: only a slow stack tells a leak's owner from GLib's allocator.
export ASAN_OPTIONS=detect_stack_use_after_return=1:strict_string_checks=1:fast_unwind_on_malloc=0:malloc_context_size=12
export LSAN_OPTIONS=suppressions=$PWD/tests/support/lsan.supp:print_suppressions=0
export UBSAN_OPTIONS=print_stacktrace=1
export TSAN_OPTIONS=ignore_noninstrumented_modules=1:second_deadlock_stack=1

build() { # PRESET TARGET…
  local preset=$1
  shift
  cmake --preset "$preset" && ninja -C "build/$preset" -j "$jobs" "$@"
}

# Hidden cases with the tag [long], which ctest does not list.
soak() {
  [ -z "$SPILLWAY_LONG" ] || timeout 3600 build/asan/tests/relay_tests "[long]"
}

node_tests() { # FOLDER
  local status=0 file
  for file in "tests/$1"/*.test.mjs; do
    timeout -k 10 600 tests/support/isolated.sh node --test --test-reporter=spec "$file" || status=1
  done
  return "$status"
}

npm_packages() {
  (cd tests/interop && { [ node_modules/.package-lock.json -nt package-lock.json ] || npm ci --no-audit --no-fund; })
}

step_install() { docker/packages.sh install build run test; }
step_text() { tests/lint.sh; }
step_release() { build release spillwayd tests/bench/all; }
step_asan() {
  build asan spillwayd config_tests core_tests relay_tests daemon_tests && ctest --test-dir build/asan -j "$jobs" --timeout 180 &&
    soak
}
step_tsan() {
  build tsan config_tests core_tests && ctest --test-dir build/tsan -j "$jobs" -E _NOT_BUILT --timeout 180
}
# At idle priority: it runs beside steps that mostly wait, and takes only what they leave. Without precompiled headers,
# which would hide that a source does not include what it uses.
step_tidy() {
  chrt --idle --pid 0 "$BASHPID" &&
    cmake --preset release -B build/tidy -DCMAKE_DISABLE_PRECOMPILE_HEADERS=ON >/dev/null && tests/lint.sh tidy build/tidy
}
step_e2e() { npm_packages && node_tests e2e; }
step_fuzz() { tests/fuzz/run.sh ${SPILLWAY_LONG:+--long}; }
step_interop() { npm_packages && node_tests interop; }
step_bench() {
  local length=(--short)
  [ -z "$SPILLWAY_LONG" ] || length=()
  npm_packages && tests/bench/run.sh "${length[@]}"
}

# Adds what the runners in this step's log counted; a step without a runner counts as one, a build when it failed.
count() { # STEP STATUS
  local good bad
  read -r good bad < <(awk '
    /^[^a-z]*pass [0-9]+$/ { good += $NF; seen = 1 }
    /^[^a-z]*fail [0-9]+$/ { bad += $NF; seen = 1 }
    /tests passed, [0-9]+ tests? failed out of/ { bad += $4; good += $NF - $4; seen = 1 }
    END { print good + !seen * (status == 0), bad + !seen * (status != 0) }' status="$2" "$logs/$1.log")
  case $1 in install | release) good=0 ;; esac
  [ "$2" -eq 0 ] || [ "$bad" -gt 0 ] || bad=1
  passed=$((passed + good))
  failed=$((failed + bad))
}

conclude() { # STEP STATUS SECONDS
  count "$1" "$2"
  echo "== $1: $([ "$2" -eq 0 ] && echo ok || echo "FAILED ($2)"), $3 s"
  [ "$2" -eq 0 ] || [ -n "$keep_going" ]
}

perform() { # STEP
  local start=$SECONDS status
  echo "== $1"
  "step_$1" 2>&1 </dev/null | tee "$logs/$1.log"
  status=${PIPESTATUS[0]}
  conclude "$1" "$status" $((SECONDS - start))
}

background=
background_start=0
begin_tidy() {
  background_start=$SECONDS
  set -m # a process group of its own, to end it by
  step_tidy >"$logs/tidy.log" 2>&1 </dev/null &
  background=$!
  set +m
}

end_tidy() {
  local status
  [ -n "$background" ] || return 0
  echo "== tidy"
  wait "$background"
  status=$?
  background=
  cat "$logs/tidy.log"
  conclude tidy "$status" $((SECONDS - background_start))
}

# Tidy runs from before e2e until before the benchmarks, which want the machine for themselves.
run_steps() {
  local step
  for step in install "${steps[@]}"; do
    case $step in
    tidy) begin_tidy; continue ;;
    bench) end_tidy || return ;;
    esac
    perform "$step" || return
  done
  end_tidy
}

run_steps
if [ -n "$background" ]; then
  kill -- "-$background" 2>/dev/null
  wait "$background" 2>/dev/null
fi
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
