#!/usr/bin/env bash
# Brings what tests need beside Debian's packages: a virtual environment for each list in Tests/requirements, and the root of an
# older Debian, in which the packages prove that they bring what they need, Prometheus and InfluxDB, taken out of Debian's packages
# (installed, they would begin to run), and a program with AWS's SDK for Go, built with a compiler that is taken out of them, too.
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

# Without lists of packages apt knows none.
known() { [ -n "$(apt-cache show --quiet "$1" 2>/dev/null)" ] || apt-get update >"$log" 2>&1 || { cat "$log" >&2; exit 1; }; }
# Takes packages out into a folder: unpack FOLDER PACKAGE…
unpack() {
  local folder=$1 package
  shift
  rm -rf "$folder"
  mkdir "$folder"
  (cd "$folder" && apt-get download "$@") >"$log" 2>&1 || { cat "$log" >&2; exit 1; }
  for package in "$folder"/*.deb; do dpkg-deb -x "$package" "$folder"; done
  rm "$folder"/*.deb
}

prometheus=$tools/prometheus
if [ ! -x "$prometheus/usr/bin/promtool" ]; then
  known prometheus
  unpack "$prometheus.part" prometheus
  rm -rf "$prometheus"
  mv "$prometheus.part" "$prometheus"
fi

# The program stays; the compiler and AWS's SDK, of 800 MB, go when it is built.
go=$tools/go
if ! cmp -s Conformance/go/main.go "$go/main.go"; then
  known golang-go
  compiler=$(apt-cache depends golang-go | sed -n 's/^ *Depends: \(golang-[0-9.]*\)-go$/\1/p')
  unpack "$go.part" "$compiler-go" "$compiler-src" golang-github-aws-aws-sdk-go-v2-dev golang-github-aws-smithy-go-dev golang-github-jmespath-go-jmespath-dev
  mkdir "$go.part/built"
  cp Conformance/go/main.go "$go.part/built"
  root=("$go.part"/usr/lib/go-*)
  env GOROOT="${root[0]}" GOPATH="$go.part/usr/share/gocode" GOCACHE="$go.part/cache" GO111MODULE=off GOENV=off GOFLAGS='' CGO_ENABLED=0 \
    "${root[0]}/bin/go" build -o "$go.part/built/client" "$go.part/built/main.go" >"$log" 2>&1 || { cat "$log" >&2; exit 1; }
  rm -rf "$go"
  mv "$go.part/built" "$go"
  rm -rf "$go.part"
fi

# shellcheck source=local/influxdb.sh
. ../local/influxdb.sh
get_influxdb "$tools/influxdb"
