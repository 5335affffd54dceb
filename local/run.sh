#!/usr/bin/env bash
# The whole system on this machine: sets up the local cloud, fills it, says how to ask, and serves until Ctrl-C.
# Usage: local/run.sh BUILD; PORT (default 4566) and DATA (default .local-cloud) may be set.
set -euo pipefail
[ "${1:-}" != --help ] || { sed -n '2,/^[^#]/s/^# //p' "$0"; exit; }
here=$(dirname "$0")
build=$1
# shellcheck source=local/cloud.sh
. "$here/cloud.sh"
# A session or a profile of the person who runs this must not reach the local cloud.
unset AWS_PROFILE AWS_SESSION_TOKEN
export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test

trap 'status=$?; stop_cloud || status=1; exit $status' EXIT
start_cloud "$build" --port "${PORT:-4566}" --data "${DATA:-.local-cloud}"
API_KEY=$API_KEY "$build/hydration" --expect 288 greenwich

cat <<TEXT

The API is at ${API_ENDPOINT}. Try:

  curl -H 'x-api-key: $API_KEY' '${API_ENDPOINT}v1/series/greenwich?from=now-10m&to=now%2B10m'

The cloud is at $AWS_ENDPOINT_URL (region us-east-1, key pair test and test); its data are in ${DATA:-.local-cloud}.
Ctrl-C ends it.
TEXT
trap 'exit 0' INT TERM
wait "$cloud_pid"
