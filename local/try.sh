#!/usr/bin/env bash
# What there is to type while `make run` runs: says it, with the addresses and keys of the cloud that runs.
# Usage: local/try.sh BUILD; DATA (default .local-cloud) may be set.
set -euo pipefail
[ "${1:-}" != --help ] || { sed -n '2,/^[^#]/s/^# //p' "$0"; exit; }
build=$1
options=()
[ -z "${DATA:-}" ] || options=(--data "$DATA")
exports=$("$build/local-cloud" env "${options[@]}")
eval "$exports"
# shellcheck disable=SC2154 # Outputs of the template.
key=$ApiKey url=$APIUrl write_url=$WriteUrl history=$HistoryStoreName
device='sensors,device_id=sensor-001,location=factory-floor-1'
# The words after `local-cloud env`.
data=${options[*]+ $(printf '%q ' "${options[@]}")}
data=${data% }

# Saved queries are Timestream's SQL.
say_queries() {
  if [ "$history" = timestream ]; then
    cat <<TEXT
What they say, as a table (more with --list):
  eval "\$($build/local-cloud env$data)" && $build/local-query temperature-trend --parameter bin=1h
TEXT
  else
    cat <<TEXT
What one of them says, in bins:
  curl -H 'x-api-key: $key' '${url}v1/series/$device?from=now-6h&bin=1h&aggregate=min,avg,max&format=csv'
TEXT
  fi
}

cat <<TEXT
What follows uses InfluxDB's and AWS's clients, which are Python's. The first line installs them, once; the second is for each terminal:
  sudo apt-get install -y python3-venv && python3 -m venv ~/venv && ~/venv/bin/pip install influxdb-client awscli
  export PATH=~/venv/bin:\$PATH

Write what is to come, too, with InfluxDB's client, and read it as one series:
  python3 -c 'import time, influxdb_client as i; i.InfluxDBClient(url="$write_url", token="local-writer", org="-").write_api(i.client.write_api.SYNCHRONOUS).write("home", "-", ["room,name=hall temperature=22", f"room,name=hall temperature=19 {time.time_ns() + 3600 * 10**9}"])'
  curl -H 'x-api-key: $key' '${url}v1/series/room,name=hall'

Grafana: a data source of the type Prometheus with the URL $write_url and the header "Authorization: Bearer $key". By hand:
  curl -H 'Authorization: Bearer $key' '${write_url}/api/v1/query?query=avg_over_time(temperature%5B1h%5D)'

Five devices have measured for six hours. To watch them go on, start the first in one terminal and the second in another:
  WRITE_KEY=local-writer $build/local-generate --write-url $write_url --daily --seed 1 --interval 5s --rounds 1000
  watch -n 5 "curl -s -H 'x-api-key: $key' '${url}v1/series/$device/latest'"

$(say_queries)

Any client of AWS (region, keys and outputs become variables):
  eval "\$($build/local-cloud env$data)" && aws dynamodb list-tables

The state of everything, what a function printed (of one series: --identifier), dead letters back to their queues:
  $build/local-cloud status$data
  $build/local-cloud logs fetch$data
  $build/local-cloud redrive --all$data
TEXT
