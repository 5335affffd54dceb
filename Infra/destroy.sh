#!/usr/bin/env bash
# Takes the stack away, its data with it, after asking.
# Usage: Infra/destroy.sh [--dry-run | --status | --verify | --yes]
#   --dry-run shows the commands and runs none; --status shows what would go; --verify looks whether all is gone; --yes does not ask.
# STACK is the stack's name, BUCKET the bucket of the packages.
set -euo pipefail
cd "$(dirname "$0")/.."
. Infra/stack.sh
read_arguments "$@"
bucket=$(bucket)

gone() {
  local left
  left=$({
    [ "$(status)" = None ] || echo "stack $stack"
    aws s3api head-bucket --bucket "$bucket" 2>/dev/null && echo "bucket $bucket"
    aws dynamodb list-tables --query "TableNames[?starts_with(@, '$stack-')]" --output text
    aws sqs list-queues --queue-name-prefix "$stack-" --query 'QueueUrls' --output text | grep -v None
    aws logs describe-log-groups --log-group-name-prefix "/aws/lambda/$stack-" --query 'logGroups[].logGroupName' --output text
  } | grep . || true)
  if [ -n "$left" ]; then printf 'Left of %s:\n%s\n' "$stack" "$left"; return 1; fi
  echo "Nothing of $stack is left."
}

[ "$mode" != verify ] || { gone; exit; }
[ "$(status)" != None ] || { echo "There is no stack $stack"; gone; exit; }
aws cloudformation list-stack-resources --stack-name "$stack" --query 'StackResourceSummaries[].[ResourceType,PhysicalResourceId]' --output text
[ "$mode" != status ] || exit 0
if [ "$mode" = run ]; then
  read -rp "All of this goes, with every identifier, forecast and row of history in it. Type the stack's name to go on: " name
  [ "$name" = "$stack" ] || { echo "Nothing was deleted."; exit 1; }
fi
reports=$(output RejectedRecordsBucket)
[ "$reports" = None ] || run aws s3 rm --quiet --recursive "s3://$reports"
run aws cloudformation update-termination-protection --stack-name "$stack" --no-enable-termination-protection >/dev/null
run aws cloudformation delete-stack --stack-name "$stack"
run aws cloudformation wait stack-delete-complete --stack-name "$stack"
run aws s3 rb --force "s3://$bucket" >/dev/null
[ "$mode" = dry-run ] || gone
