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
trap 'status=$?; stop_cloud || status=1; stop_history || status=1; exit $status' EXIT
start_history "$data"
start_cloud "$build" --port "${PORT:-4566}" --data "$data" "${history_options[@]}"
API_KEY=$API_KEY "$build/hydration" --expect 288 greenwich
# Six hours of five devices, which end now.
"$build/local-generate" --from now-6h --rounds 72 --interval 5m >/dev/null
# shellcheck disable=SC2154 # An output of the template.
write_url=$WriteUrl
device='sensors,device_id=sensor-001,location=factory-floor-1'

# Saved queries are Timestream's SQL.
say_queries() {
  if [ "$history" = timestream ]; then
    cat <<TEXT
What they say, as a table (more with --list):

  AWS_ENDPOINT_URL=$AWS_ENDPOINT_URL AWS_REGION=us-east-1 AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test $build/local-query temperature-trend --parameter bin=1h
TEXT
  else
    cat <<TEXT
What one of them says, in bins:

  curl -H 'x-api-key: $API_KEY' '${API_ENDPOINT}v1/series/$device?from=now-6h&bin=1h&aggregate=min,avg,max&format=csv'
TEXT
  fi
}

cat <<TEXT

The API is at ${API_ENDPOINT}. Try:

  curl -H 'x-api-key: $API_KEY' '${API_ENDPOINT}v1/series/greenwich?from=now-10m&to=now%2B10m'

In bins, history and forecast as one series:

  curl -H 'x-api-key: $API_KEY' '${API_ENDPOINT}v1/series/greenwich?from=now-6h&to=now%2B6h&bin=1h&aggregate=min,avg,max'

Write with any client of InfluxDB (keys: local/parameters.yaml; the second line needs \`pip install influxdb-client\`, and writes what is to come
as well), and read all of it as one series:

  curl -H 'Authorization: Token local-writer' '$write_url/api/v2/write?bucket=home&precision=s' --data-binary 'room,name=kitchen temperature=21.5'
  python3 -c 'import time, influxdb_client as i; i.InfluxDBClient(url="$write_url", token="local-writer", org="-").write_api(i.client.write_api.SYNCHRONOUS).write("home", "-", ["room,name=kitchen temperature=22", f"room,name=kitchen temperature=19 {time.time_ns() + 3600 * 10**9}"])'
  curl -H 'x-api-key: $API_KEY' '${API_ENDPOINT}v1/series/room,name=kitchen'

Grafana: a data source of the type Prometheus with the URL $write_url and the header "Authorization: Bearer $API_KEY"; or by hand:

  curl -H 'Authorization: Bearer $API_KEY' '${write_url}/api/v1/query?query=avg_over_time(temperature%5B1h%5D)'

Five devices have measured for six hours. To watch them go on, start the first in one terminal and the second in another:

  WRITE_KEY=local-writer $build/local-generate --write-url $write_url --interval 5s --rounds 1000
  watch -n 5 "curl -s -H 'x-api-key: $API_KEY' '${API_ENDPOINT}v1/series/$device/latest'"

$(say_queries)

The cloud is at $AWS_ENDPOINT_URL (region us-east-1, key pair test and test); its data are in $data. History is kept in $(name_history).
Ctrl-C ends it.
TEXT
trap 'exit 0' INT TERM
wait "$cloud_pid"
