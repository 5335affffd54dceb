#!/usr/bin/env bash
# The end-to-end run against a throwaway local cloud on a free port, with history in the store that HISTORY names (timestream, the default;
# dynamodb; influxdb); its exit status tells.
# Usage: e2eTest/hydrate.sh BUILD
set -euo pipefail
[ "${1:-}" != --help ] || { sed -n '2,/^[^#]/s/^# //p' "$0"; exit; }
build=$1
# shellcheck source=local/cloud.sh
. "$(dirname "$0")/../local/cloud.sh"
# shellcheck source=local/history.sh
. "$(dirname "$0")/../local/history.sh"
unset AWS_PROFILE AWS_SESSION_TOKEN
export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test
folder=$(mktemp -d)
trap 'status=$?; stop_cloud || status=1; stop_history || status=1; rm -r "$folder"; exit $status' EXIT
start_history "$folder"
start_cloud "$build" --port 0 --ephemeral "${history_options[@]}"
# Twice on the same data: what is fetched again replaces what is there.
"$build/hydration" --expect 288
"$build/hydration" --expect 288
