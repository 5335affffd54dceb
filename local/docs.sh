#!/usr/bin/env bash
# Builds the documentation of each library into .build/docs/<library>.doccarchive, with the toolchain's DocC. A warning is an error: a
# link that leads nowhere, a parameter that is not there, one that is left out where others are described.
# Usage: local/docs.sh [LIBRARY…]
set -euo pipefail
[ "${1:-}" != --help ] || { sed -n '2,/^[^#]/s/^# //p' "$0"; exit; }
cd "$(dirname "$0")/.."
libraries=("$@")
[ ${#libraries[@]} -gt 0 ] || libraries=(CacheSupport SigV4 HTTPTransport AWSClients LambdaRuntime Compression TimeSeriesCache TimestreamSQL)
local/build.sh debug
built=$(swift build --show-bin-path)
target=$(swift -print-target-info | sed -n 's/.*"unversionedTriple": "\(.*\)".*/\1/p')
maps=()
for map in Sources/C*/module.modulemap "$built"/CGlibcCompat.build/module.modulemap; do maps+=(-Xcc "-fmodule-map-file=$map"); done
status=0
for library in "${libraries[@]}"; do
  echo "Documenting $library"
  graphs=.build/docs/$library.symbols
  rm -rf "$graphs" ".build/docs/$library.doccarchive"
  mkdir -p "$graphs"
  swift symbolgraph-extract -module-name "$library" -target "$target" -I "$built/Modules" "${maps[@]}" -minimum-access-level public \
    -skip-synthesized-members -output-dir "$graphs"
  docc convert "Sources/$library/$library.docc" --additional-symbol-graph-dir "$graphs" --output-dir ".build/docs/$library.doccarchive" \
    --fallback-display-name "$library" --fallback-bundle-identifier "$library" --ide-console-output >"$graphs/log" 2>&1 || status=1
  if grep -E '(warning|error): ' "$graphs/log"; then status=1; fi
done
[ "$status" -eq 0 ] || exit "$status"
echo "The documentation is in .build/docs; to read it: docc preview Sources/TimeSeriesCache/TimeSeriesCache.docc --additional-symbol-graph-dir .build/docs/TimeSeriesCache.symbols"
