#!/usr/bin/env bash
# The linkage gate: a function's executable may link FoundationEssentials at most. Full Foundation, its networking or ICU
# multiply the package by four and do not load on Lambda's glibc.
# Usage: Infra/check-linkage.sh EXECUTABLE…
set -euo pipefail
[ "${1:-}" != --help ] || { sed -n '2,/^[^#]/s/^# //p' "$0"; exit; }
forbidden='libFoundation\.so|libFoundationNetworking|libFoundationXML|libFoundationInternationalization|lib_FoundationICU'
status=0
for executable in "$@"; do
  needed=$(readelf -d "$executable" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p')
  [ -n "$needed" ] || { echo "$executable: readelf found no libraries" >&2; exit 2; }
  if found=$(grep -E "$forbidden" <<<"$needed"); then
    echo "$executable links what no function may: ${found//$'\n'/, }" >&2
    status=1
  fi
done
exit $status
