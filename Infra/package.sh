#!/usr/bin/env bash
# Writes build/<function>.zip for each function: bootstrap (release, static Swift library, stripped) and lib/ with the shared
# libraries that provided.al2023 does not promise. The same sources give the same bytes. Gates: no symbol newer than what its
# glibc (2.34) and its libstdc++ (of GCC 11) have, in any file; no Foundation; 12 MB a zip.
# Usage: Infra/package.sh [FUNCTION…]; the processor is that of the machine it runs on.
set -euo pipefail
cd "$(dirname "$0")/.."
export LC_ALL=C TZ=UTC
functions=("$@")
[ ${#functions[@]} -gt 0 ] || functions=(QueueFunction FetchFunction APIFunction)
scratch=.build/package
# What provided.al2023 has.
newest_symbols=(GLIBC_2.34 GLIBCXX_3.4.29 CXXABI_1.3.13 GCC_11.0)
largest_zip=$((12 * 1000 * 1000))

# What the runtime's own glibc and GCC bring, under whatever loader's name.
from_runtime='^(libc|libm|libdl|librt|libpthread|libresolv|libstdc\+\+|libgcc_s|ld-linux[^.]*)\.so'

# The libraries that a file needs, and those that they need: name and path, one a line.
libraries() {
  ldd "$1" | awk '$2 == "=>" && $3 ~ /^\// { print $1, $3 }' | grep -vE "$from_runtime"
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

for function in "${functions[@]}"; do
  echo "Packaging $function"
  log=$(mktemp)
  swift build -c release --static-swift-stdlib --scratch-path "$scratch" --product "$function" >"$log" 2>&1 || { cat "$log" >&2; exit 1; }
  rm -f "$log"
  stage=build/$function
  rm -rf "$stage" "$stage.zip"
  mkdir -p "$stage/lib"
  # Hashes of the modules and of the build carry the checkout's path; nothing reads them at run time.
  strip --remove-section=.swift_modhash --remove-section=.note.gnu.build-id -o "$stage/bootstrap" "$scratch/release/$function"
  Infra/check-linkage.sh "$stage/bootstrap"
  while read -r name path; do
    install -m 755 "$(readlink -f "$path")" "$stage/lib/$name"
    strip --strip-unneeded "$stage/lib/$name"
  done < <(libraries "$stage/bootstrap")
  find "$stage" -type f | while read -r file; do check_symbols "$file"; done
  # One time, one order, no owners: the bytes depend on the contents alone.
  find "$stage" -exec touch -h -d @315532800 {} +
  (cd "$stage" && find . -type f | sort | sed 's|^\./||' | zip -q -9 -X -@ "../$function.zip")
  size=$(stat -c %s "$stage.zip")
  [ "$size" -le "$largest_zip" ] || { echo "$stage.zip has $size bytes; $largest_zip are the most" >&2; exit 1; }
  printf '  %s.zip  %.1f MB  sha256 %s\n' "$stage" "$(bc -l <<<"$size / 1000000")" "$(sha256sum "$stage.zip" | cut -c1-16)"
done
