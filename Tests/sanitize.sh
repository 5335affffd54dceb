#!/usr/bin/env bash
# The unit tests under ThreadSanitizer, under AddressSanitizer with its search for leaks, and as the release build runs them. Programs
# that the tests start are built and watched alike. Ends with `N passed, N failed`; a finding counts as failed.
# Usage: Tests/sanitize.sh [thread | address | release]…
set -uo pipefail
[ "${1:-}" != --help ] || { sed -n '2,/^[^#]/s/^# //p' "$0"; exit; }
cd "$(dirname "$0")/.." || exit
runs=("$@")
[ ${#runs[@]} -gt 0 ] || runs=(thread address release)
passed=0
failed=0
results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT

# Builds in a folder of its own and runs; the variables go to the tests and to what they start.
run() {
  local name=$1 good bad skipped status findings
  local -n arguments=$2 variables=$3 selection=$4
  printf '\n== %s\n' "$name"
  swift build --build-tests --scratch-path ".build/sanitize/$name" "${arguments[@]}" >"$results/build" 2>&1 || {
    cat "$results/build"
    failed=$((failed + 1))
    return
  }
  # One test after the other: under a sanitizer they take many times as long, and limits of time are for one at once.
  env "${variables[@]}" SWIFT_BACKTRACE=enable=no swift test --skip-build --disable-xctest --no-parallel \
    --scratch-path ".build/sanitize/$name" "${arguments[@]}" "${selection[@]}" --xunit-output "$results/$name.xml" >"$results/log" 2>&1
  status=$?
  grep -E '^✘|^error:|unexpected signal' "$results/log"
  cat "$results/$name".found.* 2>/dev/null
  findings=$(cat "$results/$name".found.* 2>/dev/null | grep -cE '^(WARNING|.*ERROR): (Thread|Address|Leak)Sanitizer')
  read -r good bad skipped < <(python3 Tests/count.py "$results/$name.xml" 2>/dev/null || echo 0 1 0)
  [ "$status" -eq 0 ] || [ $((bad + findings)) -gt 0 ] || bad=1
  passed=$((passed + good))
  failed=$((failed + bad + findings))
  echo "$name: $good passed, $bad failed, $skipped skipped, $findings findings"
}

# The run's tables are read by name, in run().
# shellcheck disable=SC2034
{
  thread=(--sanitize thread)
  thread_variables=("TSAN_OPTIONS=halt_on_error=0:log_path=$results/thread.found" "LD_PRELOAD=$results/mutex.so")
  # Left out: it runs on one thread, where nothing can race, and its largest query passes the service's limit of a minute here.
  thread_selection=(--skip QueryLimitTests/large)
  address=(--sanitize address)
  address_variables=("ASAN_OPTIONS=detect_leaks=1:log_path=$results/address.found"
    "LSAN_OPTIONS=suppressions=$PWD/Tests/Sanitizers/leaks.txt:print_suppressions=0")
  address_selection=()
  release=(--configuration release -Xswiftc -enable-testing)
  release_variables=()
  release_selection=()
}
clang -shared -fPIC -O1 -Wall -Wextra -Werror -o "$results/mutex.so" Tests/Sanitizers/mutex.c || exit

for name in "${runs[@]}"; do
  case $name in
    thread | address | release) run "$name" "$name" "${name}_variables" "${name}_selection" ;;
    *) echo "no such run: $name" >&2; exit 2 ;;
  esac
done
printf '\n%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
