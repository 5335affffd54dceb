#!/usr/bin/env bash
# Deploys the template with `aws` alone: builds the packages, uploads them, creates or updates the stack, looks whether it works.
# Usage: Infra/deploy.sh [--dry-run | --status | --verify | --packaged] [Parameter=value | Parameter=@FILE]…
#   --dry-run shows the commands and runs none; --status shows the stack; --verify asks whether it works; --packaged takes build/*.zip as
#   they are. STACK names the stack, BUCKET a bucket of your own. A new stack gets an ApiKey and AccessKeys, unless they are given,
# and keeps its history in Timestream where AWS lets the account in, else in DynamoDB, unless HistoryStore is given.
set -euo pipefail
[ "${1:-}" != --help ] || { sed -n '2,/^[^#]/s/^# //p' "$0"; exit; }
cd "$(dirname "$0")/.."
. Infra/stack.sh
read_arguments yes --dry-run --status --verify --packaged -- "$@"
case $mode in
  status) describe 'Stacks[0].[StackStatus,Outputs[].[OutputKey,OutputValue]]'; exit ;;
  verify) verify; exit ;;
esac

state=$(status)
case $state in
  None | REVIEW_IN_PROGRESS) check_influxdb "$state"; new_keys; choose_history ;;
  ROLLBACK_COMPLETE | DELETE_FAILED | ROLLBACK_FAILED) echo "The stack $stack is in $state: Infra/destroy.sh, then deploy again (docs/troubleshooting.md)" >&2; exit 1 ;;
  *) check_influxdb "$state"; keep_stores ;;
esac
bucket=$(bucket)
[ "$mode" = packaged ] || run make package
is_given Architecture || parameters+=("Architecture=$(architecture)")
overrides=$(umask 077 && mktemp --suffix .json)
trap 'rm -f "$overrides"' EXIT
json_list "${parameters[@]}" >"$overrides"
bucket_exists "$bucket" || run aws s3 mb "s3://$bucket"
run Infra/upload.sh "$bucket"
run aws cloudformation deploy --stack-name "$stack" --template-file build/packaged.yaml --no-fail-on-empty-changeset \
  --capabilities CAPABILITY_IAM CAPABILITY_AUTO_EXPAND --tags "project=$stack" --parameter-overrides "file://$overrides"
run aws cloudformation update-termination-protection --stack-name "$stack" --enable-termination-protection >/dev/null
[ "$mode" != dry-run ] || exit 0
verify && verified=0 || verified=1
say_where
yes=n
[ ! -t 0 ] || read -rp "Register an identifier, fetch it, and wait for its rows in the API? [y/N] " yes
if [ "$yes" = y ]; then Infra/hydrate.sh; else echo "To see the whole way work, from an identifier to its rows: Infra/hydrate.sh"; fi
exit "$verified"
