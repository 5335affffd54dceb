#!/usr/bin/env bash
# Uploads the packages of `make package` and writes build/packaged.yaml, the template that names them: what deploy.sh, CloudFormation, the
# CDK and Terraform deploy. They hand over its text, of which CloudFormation takes 51,200 bytes: so it is compact (Infra/compact.jq).
# Usage: Infra/upload.sh BUCKET
set -euo pipefail
[ "${1:-}" != --help ] || { sed -n '2,/^[^#]/s/^# //p' "$0"; exit; }
cd "$(dirname "$0")/.."
[ $# = 1 ] || { sed -n '4s/^# //p' "$0" >&2; exit 2; }
command -v jq >/dev/null || { echo "jq is needed: local/setup.sh --package installs it" >&2; exit 1; }
folder=$(mktemp -d)
trap 'rm -r "$folder"' EXIT
aws cloudformation package --template-file Infra/template.yaml --s3-bucket "$1" --use-json --output-template-file "$folder/packaged.json" >/dev/null
jq -rf Infra/compact.jq "$folder/packaged.json" >"$folder/packaged.yaml"
size=$(stat -c %s "$folder/packaged.yaml")
[ "$size" -le 51200 ] || { echo "The packaged template has $size bytes; CloudFormation takes 51200" >&2; exit 1; }
mkdir -p build
mv "$folder/packaged.yaml" build/packaged.yaml
echo "build/packaged.yaml  $size bytes"
