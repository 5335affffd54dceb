#!/usr/bin/env bash
# Writes build/<function>.zip for each function, which holds bootstrap, and for APIFunction the page (local/page.sh): release, stripped, with the Swift library and libcurl
# (Infra/curl.sh) in it. The same sources give the same bytes. Gates: no shared library but those that provided.al2023 promises; no
# symbol newer than what its glibc (2.34) and its libstdc++ (of GCC 11) have; at most 8 MB per zip.
# Usage: Infra/package.sh [FUNCTION…]; the processor is that of the machine it runs on.
set -euo pipefail
[ "${1:-}" != --help ] || { sed -n '2,/^[^#]/s/^# //p' "$0"; exit; }
cd "$(dirname "$0")/.."
export LC_ALL=C TZ=UTC
functions=("$@")
[ ${#functions[@]} -gt 0 ] || functions=(QueueFunction FetchFunction WriteFunction APIFunction)
scratch=.build/package
# What provided.al2023 has.
newest_symbols=(GLIBC_2.34 GLIBCXX_3.4.29 CXXABI_1.3.13 GCC_11.0)
largest_zip=$((8 * 1000 * 1000))

# What the runtime's own glibc and GCC bring, under whatever loader's name.
from_runtime='^(libc|libm|libdl|librt|libpthread|libresolv|libstdc\+\+|libgcc_s|ld-linux[^.]*)\.so'

check_libraries() {
  local needed found
  needed=$(readelf -d "$1" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p')
  [ -n "$needed" ] || { echo "$1: readelf found no libraries" >&2; return 1; }
  found=$(grep -vE "$from_runtime" <<<"$needed") || return 0
  echo "$1 needs ${found//$'\n'/, }, which provided.al2023 does not bring" >&2
  return 1
}

check_symbols() {
  local newest family found
  for newest in "${newest_symbols[@]}"; do
    family=${newest%%_*}
    found=$(objdump -T "$1" | { grep -oE "\b${family}_[0-9.]+" || true; } | sort -uV | tail -n 1)
    [ -z "$found" ] || [ "$(printf '%s\n' "$found" "$newest" | sort -V | tail -n 1)" = "$newest" ] || {
      echo "$1 needs $found; provided.al2023 has $newest" >&2
      return 1
    }
  done
}

echo "Bringing libcurl"
PKG_CONFIG_PATH=$(Infra/curl.sh)
export PKG_CONFIG_PATH

for function in "${functions[@]}"; do
  echo "Packaging $function"
  log=$(mktemp)
  swift build -c release --static-swift-stdlib --scratch-path "$scratch" --product "$function" >"$log" 2>&1 || { cat "$log" >&2; exit 1; }
  rm -f "$log"
  stage=build/$function
  rm -rf "$stage" "$stage.zip"
  mkdir -p "$stage"
  # Hashes of the modules and of the build carry the checkout's path; nothing reads them at run time.
  strip --remove-section=.swift_modhash --remove-section=.note.gnu.build-id -o "$stage/bootstrap" "$scratch/release/$function"
  check_libraries "$stage/bootstrap"
  check_symbols "$stage/bootstrap"
  contents=(bootstrap)
  if [ "$function" = APIFunction ]; then
    local/page.sh --packaged "$stage/page"
    for file in "$stage"/page/*; do contents+=("page/${file##*/}"); done
  fi
  # One time, no owners: the bytes depend on the contents alone.
  (cd "$stage" && touch -d @315532800 "${contents[@]}" && zip -q -9 -X "../$function.zip" "${contents[@]}")
  size=$(stat -c %s "$stage.zip")
  [ "$size" -le "$largest_zip" ] || { echo "$stage.zip has $size bytes; $largest_zip are the most" >&2; exit 1; }
  printf '  %s.zip  %.1f MB  sha256 %s\n' "$stage" "$(bc -l <<<"$size / 1000000")" "$(sha256sum "$stage.zip" | cut -c1-16)"
done
