#!/usr/bin/env bash
# Everything: unit tests, packages, real clients, the template and its doors, documentation, the end-to-end run, lint, gates. Ends
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
  printf '\n%d passed, %d failed\n' "$passed" "$failed"
  [ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
  exit
}

local/setup.sh --tests || exit 1
results=$(mktemp -d)
tools=.build/tools
# Python's packages and an older Debian, while the compiler works.
Tests/tools.sh "$tools" >"$results/tools.log" 2>&1 &
bringing=$!
trap 'kill "$bringing" 2>/dev/null; rm -rf "$results"' EXIT

note "Building"
local/build.sh debug --build-tests || { failed=1; finish; }
local/build.sh release || { failed=1; finish; }
check "Documentation" local/docs.sh
check "Packages" Infra/package.sh
# The same sources in another folder, built from nothing, libcurl included; what Debian's archive has said and sent is taken along.
repackages() {
  local elsewhere=$results/elsewhere
  mkdir -p "$elsewhere/.build" && git ls-files -z | xargs -0 cp --parents -t "$elsewhere" && cp -r .build/debian "$elsewhere/.build" \
    && "$elsewhere/Infra/package.sh" QueueFunction && cmp build/QueueFunction.zip "$elsewhere/build/QueueFunction.zip"
}
# It keeps one core busy: the tests run beside it. A group of its own, so that all of it ends with this run.
set -m
repackages >"$results/elsewhere.log" 2>&1 &
elsewhere=$!
set +m
trap 'kill "$bringing" 2>/dev/null; kill -- "-$elsewhere" 2>/dev/null; rm -rf "$results"' EXIT

note "Bringing the real clients"
wait "$bringing" || { cat "$results/tools.log"; failed=$((failed + 1)); finish; }

note "Unit tests"
# All at once, each test would take as long as all of them, and pass its time limit.
SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH=6 swift test --skip-build --xunit-output "$results/unit.xml" 2>&1 | grep -vE '^(◇|✔) Test (case )?["a-z]|started\.$'
unit_status=${PIPESTATUS[0]}
# Swift Testing writes its own file beside the one of XCTest, which is empty here.
count "Unit tests" "$results/unit-swift-testing.xml" "$unit_status"

note "Real clients"
# Files of tests side by side; each process has clouds of its own.
BUILD=.build/release PACKAGES=build TOOLS=$tools "$tools/clients/bin/python" -m pytest --quiet -p no:cacheprovider \
  --numprocesses auto --maxprocesses 4 --dist loadfile --junitxml "$results/clients.xml" Tests/Conformance
count "Real clients" "$results/clients.xml" $?

note "The page, in a browser"
BUILD=.build/release "$tools/browser/bin/python" -m pytest --quiet -p no:cacheprovider --junitxml "$results/browser.xml" Tests/Browser
count "The page, in a browser" "$results/browser.xml" $?

for history in timestream dynamodb influxdb; do
  check "End to end, with history in $history" env HISTORY=$history e2eTest/hydrate.sh .build/release
done
# shellcheck disable=SC2317 # Called by check.
elsewhere_ends_well() { wait "$elsewhere" || { cat "$results/elsewhere.log"; return 1; }; }
check "A package is the same when built elsewhere" elsewhere_ends_well
functions=(.build/release/QueueFunction .build/release/FetchFunction .build/release/WriteFunction .build/release/APIFunction)
check "Linkage gate" Infra/check-linkage.sh "${functions[@]}"
# shellcheck disable=SC2317 # Called by check.
refuses() { ! Infra/check-linkage.sh "$@" 2>/dev/null; }
check "The linkage gate refuses what links Foundation" refuses .build/release/local-cloud
check "Scripts" shellcheck --external-sources Infra/*.sh local/*.sh e2eTest/*.sh Tests/*.sh .ci/run
check "Lint" swift format lint --strict --recursive --parallel Package.swift Sources Tests local e2eTest
finish
