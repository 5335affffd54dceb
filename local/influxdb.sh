# shellcheck shell=bash
# Debian's InfluxDB, taken out of its package (installed, it would begin to run), on a free port of this machine alone; sourced by the
# scripts that need one.
# Usage: get_influxdb FOLDER: brings FOLDER/usr/bin/influxd. start_influxdb FOLDER DATA [USER:PASSWORD]: runs it with its data in DATA, with an
# administrator where one is given; makes the database that INFLUX_DATABASE names (history where it is absent); sets INFLUX_URL, INFLUX_DATABASE
# and influxdb_pid. stop_influxdb ends it, and fails where it did not end well.

get_influxdb() {
  local folder=$1 log
  [ ! -x "$folder/usr/bin/influxd" ] || return 0
  log=$(mktemp)
  rm -rf "$folder" "$folder.part"
  mkdir -p "$folder.part"
  # Without lists of packages apt knows none.
  if ! download_influxdb "$folder.part" >"$log" 2>&1 && ! { apt-get update && download_influxdb "$folder.part"; } >"$log" 2>&1; then
    cat "$log" >&2
    rm -f "$log"
    return 1
  fi
  rm -f "$log"
  dpkg-deb -x "$folder.part"/*.deb "$folder.part" && rm "$folder.part"/*.deb && mv "$folder.part" "$folder"
}

download_influxdb() { (cd "$1" && apt-get download influxdb); }

start_influxdb() {
  local program=$1/usr/bin/influxd data user=${3:-}
  mkdir -p "$2"
  data=$(cd "$2" && pwd)
  # InfluxDB itself starts on data that another one has open, and spoils them. The server alone keeps the lock, for as long as it lives.
  exec {influxdb_lock}>"$data/lock"
  flock --nonblock "$influxdb_lock" || { echo "Another InfluxDB has the data in $2: end it, or give another folder: DATA=folder make run" >&2; exec {influxdb_lock}>&-; return 1; }
  INFLUX_DATABASE=${INFLUX_DATABASE:-history}
  # Nothing is reported to anybody, and nothing but the HTTP API can be reached from another program's port.
  cat >"$data/influxdb.conf" <<CONFIGURATION
reporting-disabled = true
bind-address = "127.0.0.1:0"
[meta]
dir = '$data/meta'
[data]
dir = '$data/data'
wal-dir = '$data/wal'
[monitor]
store-enabled = false
[http]
bind-address = "127.0.0.1:0"
log-enabled = false
auth-enabled = $([ -n "$user" ] && echo true || echo false)
CONFIGURATION
  # Before it starts: what the last run said must not be taken for its own.
  : >"$data/influxdb.log"
  "$program" run -config "$data/influxdb.conf" >>"$data/influxdb.log" 2>&1 &
  influxdb_pid=$!
  exec {influxdb_lock}>&-
  # Until it says where it listens it either starts or has failed.
  until grep -q 'msg="Listening for signals"' "$data/influxdb.log"; do
    kill -0 "$influxdb_pid" 2>/dev/null || { wait "$influxdb_pid" || true; influxdb_pid=; tail -n 5 "$data/influxdb.log" >&2; return 1; }
    read -rt 0.05 <> <(:) || true
  done
  INFLUX_URL=http://$(sed -n 's/.*msg="Listening on HTTP".* addr=\([^ ]*\).*/\1/p' "$data/influxdb.log")
  export INFLUX_URL INFLUX_DATABASE
  if [ -n "$user" ] && [ ! -f "$data/has-administrator" ]; then
    ask_influxdb "CREATE USER \"${user%%:*}\" WITH PASSWORD '${user#*:}' WITH ALL PRIVILEGES" || return 1
    touch "$data/has-administrator"
  fi
  ask_influxdb "CREATE DATABASE \"$INFLUX_DATABASE\"" "$user"
}

# Asks one statement; without curl, which whoever only runs the system need not have.
ask_influxdb() {
  local statement=$1 user=${2:-} authorization='' answer place=${INFLUX_URL#http://}
  [ -z "$user" ] || authorization="Authorization: Basic $(printf %s "$user" | base64 -w 0)"$'\r\n'
  exec {influxdb_socket}<>"/dev/tcp/${place%:*}/${place##*:}" || return 1
  printf 'POST /query?q=%s HTTP/1.0\r\nHost: %s\r\n%sContent-Length: 0\r\n\r\n' "$(encode_query "$statement")" "$place" "$authorization" >&"$influxdb_socket"
  answer=$(cat <&"$influxdb_socket")
  exec {influxdb_socket}>&-
  case $answer in *'"error"'*) echo "InfluxDB: ${answer##*$'\n'}" >&2; return 1 ;; *'"results"'*) ;; *) return 1 ;; esac
}

encode_query() { printf %s "$1" | od -An -v -tx1 | tr -d '\n' | tr ' ' '%'; }

stop_influxdb() {
  [ -n "${influxdb_pid:-}" ] || return 0
  local status=0
  kill -TERM "$influxdb_pid" 2>/dev/null || true
  wait "$influxdb_pid" || status=$?
  influxdb_pid=
  [ "$status" -eq 0 ] || { echo "InfluxDB ended with status $status" >&2; return 1; }
}
