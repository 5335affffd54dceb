#!/usr/bin/env bash
# The whole system on this machine: sets up the local cloud, fills it, says how to ask, and serves until Ctrl-C.
# Usage: local/run.sh BUILD; PORT (default 4566), DATA (default .local-cloud) and HISTORY (timestream, the default; dynamodb; influxdb)
# may be set.
set -euo pipefail
[ "${1:-}" != --help ] || { sed -n '2,/^[^#]/s/^# //p' "$0"; exit; }
here=$(dirname "$0")
build=$1
# shellcheck source=local/cloud.sh
. "$here/cloud.sh"
# shellcheck source=local/history.sh
. "$here/history.sh"
# A session or a profile of the person who runs this must not reach the local cloud.
unset AWS_PROFILE AWS_SESSION_TOKEN
export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test

data=${DATA:-.local-cloud}
stage=
end() {
  local status=$?
  stop_cloud || status=1
  stop_history || status=1
  case $stage in
    starting) echo "As make run takes them: PORT=4567 make run for another port, DATA=folder make run for another folder; a second one at the same time needs both" >&2 ;;
    serving) echo "The data stay in $data. To start again, remove that folder." ;;
  esac
  exit $status
}
trap end EXIT
# Whoever ends it before it serves needs no advice.
trap 'stage=; exit 130' INT TERM
start_history "$data"
stage=starting
start_cloud "$build" --port "${PORT:-4566}" --data "$data" "${history_options[@]}"
stage=filling
# What this prints is told where it fails.
filling=$(API_KEY=$API_KEY "$build/hydration" --expect 288 greenwich 2>&1) || { echo "$filling" >&2; exit 1; }
# Six hours of five devices, which end now. A later start finds the same readings at the same times, and adds what is new.
"$build/local-generate" --daily --seed 1 --from now-6h --rounds 73 --interval 5m >/dev/null

earlier=$(earlier_history "$data")
cat <<TEXT
The local cloud is at $AWS_ENDPOINT_URL, with history in $(name_history). Ctrl-C ends it.
Look at it: $AWS_ENDPOINT_URL/$earlier

What was and what will be, in one answer (the sun over Greenwich):
  curl -H 'x-api-key: $API_KEY' '${API_ENDPOINT}v1/series/greenwich?from=now-10m&to=now%2B10m'
In bins of an hour:
  curl -H 'x-api-key: $API_KEY' '${API_ENDPOINT}v1/series/greenwich?from=now-6h&to=now%2B6h&bin=1h&aggregate=min,avg,max'
Write as to InfluxDB, and read it:
  curl -H 'Authorization: Token local-writer' '${API_ENDPOINT}api/v2/write?bucket=home&precision=s' --data-binary 'room,name=kitchen temperature=21.5'
  curl -H 'x-api-key: $API_KEY' '${API_ENDPOINT}v1/series/room,name=kitchen'

More to type (Grafana, devices, queries, AWS's clients, logs): make try
TEXT
stage=serving
trap 'exit 0' INT TERM
wait "$cloud_pid"
