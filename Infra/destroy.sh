#!/usr/bin/env bash
# Takes the stack away, its data with it, after asking. It can be repeated where it failed half-way.
# Usage: Infra/destroy.sh [--dry-run | --status | --verify | --yes]
#   --dry-run shows the commands and runs none; --status shows what would go; --verify looks whether all is gone; --yes does not ask.
# STACK names the stack. A bucket of your own (BUCKET) stays, with the packages in it.
set -euo pipefail
[ "${1:-}" != --help ] || { sed -n '2,/^[^#]/s/^# //p' "$0"; exit; }
cd "$(dirname "$0")/.."
. Infra/stack.sh
read_arguments no --dry-run --status --verify --yes -- "$@"
bucket=$(bucket)
[ "$mode" != verify ] || { gone "$bucket"; exit; }
if [ "$(status)" != None ]; then
  aws cloudformation list-stack-resources --stack-name "$stack" --query 'StackResourceSummaries[].[ResourceType,PhysicalResourceId]' --output text
  databases=$(resources AWS::Timestream::Database)
  chunks=$(history_chunks)
  for database in $databases; do tables_of "$database" | sed 's/^/Timestream table	/'; done
  [ -n "${BUCKET:-}" ] || echo "Packages bucket	$bucket"
  [ "$mode" != status ] || exit 0
  [ "$mode" != run ] || { read -rp "All of this goes, with every identifier, forecast and row of history in it. Type the stack's name to go on: " name; [ "$name" = "$stack" ] || { echo "Nothing was deleted."; exit 1; }; }
  reports=$(resources AWS::S3::Bucket)
  ! bucket_exists "$reports" || run aws s3 rm --quiet --recursive "s3://$reports"
  run aws cloudformation update-termination-protection --stack-name "$stack" --no-enable-termination-protection >/dev/null
  run aws cloudformation delete-stack --stack-name "$stack"
  run aws cloudformation wait stack-delete-complete --stack-name "$stack"
  # Once nothing writes any more, or new tables could appear. The stack keeps its history where it only loses sight of it.
  for database in $databases; do delete_history "$database"; done
  for table in $chunks; do run aws dynamodb delete-table --table-name "$table" >/dev/null; run aws dynamodb wait table-not-exists --table-name "$table"; done
fi
[ -n "${BUCKET:-}" ] || ! bucket_exists "$bucket" || run aws s3 rb --force "s3://$bucket" >/dev/null
[ "$mode" = dry-run ] || gone "$bucket"
