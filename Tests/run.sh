#!/usr/bin/env bash
# Everything: unit tests, packages, real clients, a browser, documentation, the end-to-end run with each history store, lint. Ends
# with `N passed, N failed`.
# Usage: Tests/run.sh
set -uo pipefail
[ "${1:-}" != --help ] || { sed -n '2,/^[^#]/s/^# //p' "$0"; exit; }
cd "$(dirname "$0")/.." || exit
passed=0
failed=0
left_out=()

note() { printf '\n== %s\n' "$1"; }

# Runs one check and counts it.
check() {
  local name=$1
  shift
  note "$name"
  if "$@"; then passed=$((passed + 1)); echo "ok: $name"; else failed=$((failed + 1)); echo "FAILED: $name"; fi
}

# Runs one check beside what follows, in a process group of its own, so that all of it ends with this run. `ended NAME` waits for it.
declare -A asides
aside() {
  local name=$1
  shift
  set -m
  "$@" </dev/null >"$results/$name.log" 2>&1 &
  asides[$name]=$!
  set +m
}

# shellcheck disable=SC2317 # Called by check.
ended() {
  local process=${asides[$1]}
  unset "asides[$1]"
  wait "$process" || { cat "$results/$1.log"; return 1; }
}

# shellcheck disable=SC2317 # Called by trap.
leave() {
  local process
  for process in "${asides[@]}"; do kill -- "-$process" && wait "$process"; done 2>/dev/null
  rm -rf "$results"
}

# Adds the counts of a JUnit file; a run that left none, or failed without a failed test, is a failure itself.
count() {
  local name=$1 file=$2 status=$3 counts
  if ! counts=$(python3 Tests/count.py "$file"); then
    failed=$((failed + 1))
    echo "FAILED: $name left no results"
    return
  fi
  read -r good bad skipped <<<"$counts"
  if [ "$status" -ne 0 ] && [ "$bad" -eq 0 ]; then
    echo "FAILED: $name ended with status $status though no test failed"
    bad=1
  fi
  passed=$((passed + good))
  failed=$((failed + bad))
  echo "$name: $good passed, $bad failed, $skipped skipped"
  [ "$skipped" -eq 0 ] || left_out+=("$name: $skipped skipped")
}

finish() {
  printf '%s\n' "${left_out[@]}"
  echo "It took $((SECONDS / 60)) minutes."
  printf '\n%d passed, %d failed\n' "$passed" "$failed"
  [ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
  exit
}

local/setup.sh --tests || exit 1
results=$(mktemp -d)
tools=.build/tools
trap leave EXIT
# Python's packages and an older Debian, while the compiler works.
aside "Bringing the real clients" Tests/tools.sh "$tools"

note "Building"
local/build.sh debug --build-tests || { failed=1; finish; }
local/build.sh release || { failed=1; finish; }
# They keep one core busy, in a folder of their own.
aside "Packages" Infra/package.sh

note "Unit tests"
# All at once, each test would take as long as all of them, and pass its time limit.
SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH=6 swift test --skip-build --xunit-output "$results/unit.xml" 2>&1 | grep -vE '^(◇|✔) Test (case )?["a-z]|started\.$'
unit_status=${PIPESTATUS[0]}
# Swift Testing writes its own file beside the one of XCTest, which is empty here.
count "Unit tests" "$results/unit-swift-testing.xml" "$unit_status"

check "Packages" ended "Packages"
note "Bringing the real clients"
ended "Bringing the real clients" || { failed=$((failed + 1)); finish; }
# The same sources in another folder, built from nothing, libcurl included; what Debian's archive has said and sent is taken along.
# shellcheck disable=SC2317 # Called by aside.
repackages() {
  local elsewhere=$results/elsewhere
  mkdir -p "$elsewhere/.build" && git ls-files -z | xargs -0 cp --parents -t "$elsewhere" && cp -r .build/debian "$elsewhere/.build" \
    && "$elsewhere/Infra/package.sh" QueueFunction && cmp build/QueueFunction.zip "$elsewhere/build/QueueFunction.zip"
}
aside "A package is the same when built elsewhere" repackages
# Where the unit tests ran, nobody else builds any more.
aside "Documentation" local/docs.sh
aside "The page, in a browser" env BUILD=.build/release "$tools/browser/bin/python" -m pytest --quiet -p no:cacheprovider \
  --junitxml "$results/browser.xml" Tests/Browser
note "Real clients"
# Files of tests side by side, the longest first (conftest.py); each process has clouds of its own, and some only wait.
BUILD=.build/release PACKAGES=build TOOLS=$tools "$tools/clients/bin/python" -m pytest --quiet -p no:cacheprovider \
  --numprocesses "$(($(nproc) + 1))" --maxprocesses 4 --dist loadfile --no-loadscope-reorder --junitxml "$results/clients.xml" Tests/Conformance
count "Real clients" "$results/clients.xml" $?

note "The page, in a browser"
browser=${asides[The page, in a browser]}
unset "asides[The page, in a browser]"
wait "$browser"
browser_status=$?
cat "$results/The page, in a browser.log"
count "The page, in a browser" "$results/browser.xml" "$browser_status"

for history in timestream dynamodb influxdb; do
  check "End to end, with history in $history" env HISTORY=$history e2eTest/hydrate.sh .build/release
done
for name in "Documentation" "A package is the same when built elsewhere"; do check "$name" ended "$name"; done
functions=(.build/release/QueueFunction .build/release/FetchFunction .build/release/WriteFunction .build/release/APIFunction)
check "Linkage gate" Infra/check-linkage.sh "${functions[@]}"
# shellcheck disable=SC2317 # Called by check.
refuses() { Infra/check-linkage.sh "$@"; [ $? -eq 1 ]; }
check "The linkage gate refuses what links Foundation" refuses .build/release/local-cloud
check "Scripts" shellcheck --external-sources Infra/*.sh local/*.sh e2eTest/*.sh Tests/*.sh .ci/run
check "Lint" swift format lint --strict --recursive --parallel Package.swift Sources Tests local e2eTest
finish
