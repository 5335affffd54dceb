#!/usr/bin/env bash
# Builds everything in a configuration, showing how far it is, and puts the page beside it.
# Usage: local/build.sh debug|release [swift build options]
set -euo pipefail
[ "${1:-}" != --help ] || { sed -n '2,/^[^#]/s/^# //p' "$0"; exit; }
configuration=$1
shift
# On a terminal SwiftPM would add an option for colours, and build everything anew for it.
set -- --no-color-diagnostics "$@"
echo "Building ($configuration)"
if [ -t 1 ]; then
  swift build -c "$configuration" "$@"
else
  log=$(mktemp)
  trap 'rm -f "$log"' EXIT
  # Plain lines elsewhere: every tenth step, and all of it where it fails.
  swift build -c "$configuration" "$@" 2>&1 | tee "$log" | awk '/^\[[0-9]+\/[0-9]+\]/ && ++n % 10 == 1 { print; fflush() } /^Build complete/ { print }' \
    || { cat "$log" >&2; exit 1; }
fi
"$(dirname "$0")/page.sh" ".build/$configuration/page"
