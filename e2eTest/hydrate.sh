#!/usr/bin/env bash
# The end-to-end run against a throwaway local cloud on a free port; its exit status tells.
# Usage: e2eTest/hydrate.sh BUILD
set -euo pipefail
[ "${1:-}" != --help ] || { sed -n '2,/^[^#]/s/^# //p' "$0"; exit; }
build=$1
# shellcheck source=local/cloud.sh
. "$(dirname "$0")/../local/cloud.sh"
unset AWS_PROFILE AWS_SESSION_TOKEN
export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test
trap 'status=$?; stop_cloud || status=1; exit $status' EXIT
start_cloud "$build" --port 0 --ephemeral
# Twice on the same data: what is fetched again replaces what is there.
"$build/hydration" --expect 288
"$build/hydration" --expect 288
