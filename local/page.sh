#!/usr/bin/env bash
# Writes the page as its servers have it: the files of Page and Debian's dygraphs, each also packed, and files.txt, which lists them. All but
# index.html and site.json have an address that changes with their contents, so that a browser may keep them for ever.
# saved-queries.js gets the saved queries. The style sheets that index.html names become style.css, and all modules boot.js: a browser that
# opens the page asks seldom, and where a request is an invocation each is paid for.
# Usage: local/page.sh [--packaged] FOLDER; packaged, what is in these two is not there once more, and tests find no single module
set -euo pipefail
[ "${1:-}" != --help ] || { sed -n '2,/^[^#]/s/^# //p' "$0"; exit; }
export LC_ALL=C
packaged=false
if [ "${1:-}" = --packaged ]; then packaged=true; shift; fi
page=$(cd "$(dirname "$0")/../Page" && pwd)
queries=$(cd "$(dirname "$0")/../Infra/queries" && pwd)
dygraphs=/usr/share/javascript/dygraphs/dygraph.min.js
[ -f "$dygraphs" ] || { echo "$dygraphs is missing: run local/setup.sh, or install libjs-dygraphs" >&2; exit 1; }
folder=$(realpath -m "$1")
mkdir -p "$(dirname "$folder")"
draft=$(mktemp -d "$folder.XXXXXX")
trap 'rm -rf "$draft"' EXIT
chmod 755 "$draft"

cp "$page"/* "$draft"
# The map that it names is not served.
sed '/^\/\/# sourceMappingURL=/d' "$dygraphs" >"$draft/dygraph.js"
{
  echo 'export const files = {'
  for query in "$queries"/*.sql; do
    # shellcheck disable=SC2016 # The characters themselves.
    if grep -nF -e '`' -e '${' "$query"; then echo "$query has what a template of JavaScript would read" >&2; exit 1; fi
    printf "'%s': String.raw\`%s\n\`,\n" "$(basename "$query" .sql)" "$(<"$query")"
  done
  echo '};'
} >"$draft/saved-queries.js"
cd "$draft"
# A module, which is the body of a function here: what it imports are constants, what it exports is returned.
module() {
  sed -E "/^import \{/s# as #: #g; s#^import \* as (\w+) from ('[^']+');\$#const \1 = \$parts[\2]();#; s#^import (\{.*\}) from ('[^']+');\$#const \1 = \$parts[\2]();#
    s#^export (async function|function|const|class) #\1 #; s#\bimport\(('[^']+')\)#\$load(\1)#g" "$1"
}
# shellcheck disable=SC2016 # The page's own words.
whole() {
  echo 'const $parts = {}, $once = (make) => { let made; return () => (made ??= make()); }, $load = async (name) => $parts[name]();'
  for name in *.js; do
    case $name in boot.js | dygraph.js) continue ;; esac
    echo "\$parts['./$name'] = \$once(() => {"
    module "$name"
    echo "return { $(sed -nE 's#^export (async function|function|const|class) (\w+).*#\2#p' "$name" | paste -sd ,) };"
    echo '});'
  done
  module boot.js
}
whole >"$draft.js"
mv "$draft.js" boot.js
if grep -nE '^(import|export)\b' boot.js; then echo "Modules import from './FILE' on one line, and export functions, constants and classes" >&2; exit 1; fi
# shellcheck disable=SC2046 # Names without blanks.
cat $(sed -nE 's#^<link rel="stylesheet" href="page/(.*)">$#\1#p' index.html) >style.css
sed -i '/^<link rel="stylesheet"/{s#page/.*">#page/style.css">#;x;s#^#x#;/^x$/!{x;d};x}' index.html
for file in *.js *.css; do
  case $file in boot.js | dygraph.js | style.css) ;; *) if $packaged; then rm "$file"; fi ;; esac
done
cd - >/dev/null
version=$(cd "$draft" && sha256sum -- * | sha256sum | cut -c1-12)
sed -i "s#\"page/#\"page/$version/#" "$draft/index.html"
cd "$draft"
files=(*)
{
  echo "$version"
  for file in "${files[@]}"; do
    case $file in
      *.html) type=text/html ;; *.css) type=text/css ;; *.js) type=text/javascript ;; *.json) type=application/json ;; *.svg) type=image/svg+xml ;;
      *) echo "$file is of a kind that the page has not" >&2; exit 1 ;;
    esac
    echo "$file $(sha256sum "$file" | cut -c1-32) $type"
    gzip -9 -n -k "$file"
  done
} >files.txt
chmod 644 -- *
cd - >/dev/null
rm -rf "$folder"
mv "$draft" "$folder"
