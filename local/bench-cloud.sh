#!/usr/bin/env bash
# Prints the local cloud's speed: 10 and 1,000 identifiers through the whole system, single operations beside moto, and the start over ten
# million rows, each with whether its goal was reached. IDENTIFIERS (default 1000), REQUESTS (4000 each), ROUNDS (3) and ROWS (10000000) may be set.
# Usage: local/bench-cloud.sh BUILD TOOLS
set -euo pipefail
[ "${1:-}" != --help ] || { sed -n '2,/^[^#]/s/^# //p' "$0"; exit; }
unset AWS_PROFILE AWS_SESSION_TOKEN
BUILD=$1 exec "$2/clients/bin/python" "$(dirname "$0")/bench/cloud_speed.py" "$2"
