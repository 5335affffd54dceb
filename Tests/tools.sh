#!/usr/bin/env bash
# Brings what tests need beside Debian's packages: a virtual environment for each list in Tests/requirements, and the root of an
# older Debian, in which the packages prove that they bring what they need, and Prometheus and InfluxDB, taken out of Debian's packages:
# installed, they would begin to run.
# Usage: Tests/tools.sh FOLDER
set -euo pipefail
[ "${1:-}" != --help ] || { sed -n '2,/^[^#]/s/^# //p' "$0"; exit; }
mkdir -p "$1"
tools=$(cd "$1" && pwd)
cd "$(dirname "$0")"
log=$(mktemp)
trap 'rm -f "$log"' EXIT

for list in requirements/*.txt; do
  environment=$tools/$(basename "$list" .txt)
  cmp -s "$list" "$environment/requirements.txt" && continue
  rm -rf "$environment"
  { python3 -m venv "$environment" && "$environment/bin/pip" install --quiet --disable-pip-version-check -r "$list"; } >"$log" 2>&1 \
    || { cat "$log" >&2; exit 1; }
  cp "$list" "$environment/requirements.txt"
done

# Made by root alone, as debootstrap demands; elsewhere the tests that need it say that they are left out.
root=$tools/bullseye
if [ "$(id -u)" -eq 0 ] && [ ! -f "$root/etc/debian_version" ]; then
  rm -rf "$root" "$root.part"
  debootstrap --variant=minbase bullseye "$root.part" >"$log" 2>&1 || { tail -n 20 "$log" >&2; exit 1; }
  mv "$root.part" "$root"
fi

prometheus=$tools/prometheus
if [ ! -x "$prometheus/usr/bin/promtool" ]; then
  rm -rf "$prometheus" "$prometheus.part"
  mkdir "$prometheus.part"
  fetch() { (cd "$prometheus.part" && apt-get download prometheus) >"$log" 2>&1; }
  # Without lists of packages apt knows none.
  fetch || { apt-get update >"$log" 2>&1 && fetch; } || { cat "$log" >&2; exit 1; }
  dpkg-deb -x "$prometheus.part"/*.deb "$prometheus.part"
  rm "$prometheus.part"/*.deb
  mv "$prometheus.part" "$prometheus"
fi

# shellcheck source=local/influxdb.sh
. ../local/influxdb.sh
get_influxdb "$tools/influxdb"
