#!/usr/bin/env bash
# Writes the same requests to the local cloud and to moto's server, which checks nothing, and prints both rates; then fills the local cloud
# and asks it what dashboards ask. ROWS (default 10000000), SERIES (1000) and COMPARED (200000 rows for each side) may be set.
# Usage: local/bench-timestream.sh BUILD TOOLS
set -euo pipefail
[ "${1:-}" != --help ] || { sed -n '2,/^[^#]/s/^# //p' "$0"; exit; }
build=$1 tools=$2
# shellcheck source=local/cloud.sh
. "$(dirname "$0")/cloud.sh"
unset AWS_PROFILE AWS_SESSION_TOKEN
export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test
folder=$(mktemp -d)
moto=
trap 'status=$?; [ -z "$moto" ] || kill "$moto" 2>/dev/null; stop_cloud || status=1; rm -rf "$folder"; exit $status' EXIT

make_table() {
  "$tools/clients/bin/aws" --endpoint-url "$1" timestream-write create-database --database-name Bench >/dev/null
  "$tools/clients/bin/aws" --endpoint-url "$1" timestream-write create-table --database-name Bench --table-name rows \
    --retention-properties MemoryStoreRetentionPeriodInHours=720,MagneticStoreRetentionPeriodInDays=730 >/dev/null
}

start_cloud "$build" --port 0 --data "$folder/data" 2>/dev/null
make_table "$AWS_ENDPOINT_URL"
"$tools/clients/bin/moto_server" -H 127.0.0.1 -p 0 >"$folder/moto" 2>&1 &
moto=$!
until address=$(grep -ao 'http://127.0.0.1:[0-9]*' "$folder/moto" | head -n 1) && [ -n "$address" ]; do
  kill -0 "$moto" || exit 1
  read -rt 0.05 <> <(:) || true
done
make_table "$address"
compared=${COMPARED:-200000}
echo "This project:"; "$build/benchmark-timestream" write "$compared" 100 2>/dev/null
echo "moto:"; AWS_ENDPOINT_URL=$address "$build/benchmark-timestream" write "$compared" 100 2>/dev/null
kill "$moto"
moto=
echo "Filling:"; "$build/benchmark-timestream" write "${ROWS:-10000000}" "${SERIES:-1000}"
"$build/benchmark-timestream" query
# shellcheck disable=SC2154 # cloud_pid is start_cloud's.
echo "resident: $(($(awk '/VmRSS/ {print $2}' "/proc/$cloud_pid/status") / 1024)) MB; on disk: $(du -sm "$folder/data" | cut -f1) MB"
