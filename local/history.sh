# shellcheck shell=bash
# The store of history that HISTORY names (timestream, the default; dynamodb; influxdb), for a local cloud; sourced by the scripts that
# start one.
# Usage: start_history DATA: sets history and history_options, what local-cloud is told; where it is influxdb, it starts Debian's server
# with its data in DATA/influxdb. name_history says which one it is. earlier_history DATA notes it there, and says in lines of their own which
# others were used with these data. stop_history ends the server, and fails where it did not end well.

# shellcheck source=local/influxdb.sh
. "$(dirname "${BASH_SOURCE[0]}")/influxdb.sh"

start_history() {
  history=${HISTORY:-timestream}
  # What an earlier start was given is forgotten: the store it names may be gone.
  history_options=(--reset HistoryStore --reset InfluxUrl --reset InfluxDatabase)
  [ -z "${HISTORY:-}" ] || history_options+=(--parameter "HistoryStore=$history")
  case $history in
    timestream | dynamodb) ;;
    influxdb)
      get_influxdb .build/tools/influxdb
      start_influxdb .build/tools/influxdb "$1/influxdb"
      history_options+=(--parameter "InfluxUrl=$INFLUX_URL" --parameter "InfluxDatabase=$INFLUX_DATABASE")
      ;;
    *) echo "HISTORY is '$history': give timestream, dynamodb or influxdb" >&2; return 2 ;;
  esac
}

name_history() {
  case $history in
    timestream) echo "the local Timestream" ;;
    dynamodb) echo "the local DynamoDB" ;;
    influxdb) echo "InfluxDB, at $INFLUX_URL (database $INFLUX_DATABASE)" ;;
  esac
}

earlier_history() {
  local known=$1/history-stores store
  touch "$known"
  grep -qx "$history" "$known" || echo "$history" >>"$known"
  while read -r store; do
    [ "$store" = "$history" ] || printf '\nEarlier history is in %s: make run HISTORY=%s shows it, local-move copies it (docs/moving.md).' "$store" "$store"
  done <"$known"
}

stop_history() { stop_influxdb; }
