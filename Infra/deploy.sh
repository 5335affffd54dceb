#!/usr/bin/env bash
# Deploys the template with `aws` alone: builds the packages, uploads them, creates or updates the stack, looks whether it works.
# Usage: Infra/deploy.sh [--dry-run | --status | --verify] [Parameter=value | Parameter=@FILE]…
#   --dry-run shows the commands and runs none; --status shows the stack; --verify asks whether it works.
# STACK is the stack's name, BUCKET the bucket of the packages. A new stack gets an ApiKey, unless one is given.
set -euo pipefail
cd "$(dirname "$0")/.."
. Infra/stack.sh
read_arguments "$@"
case $mode in
  status) describe 'Stacks[0].[StackStatus,Outputs[].[OutputKey,OutputValue]]'; exit ;;
  verify) verify; exit ;;
esac

is_new=$(status)
bucket=$(bucket)
if [ "$is_new" = None ] && [[ " ${parameters[*]-}" != *" ApiKey="* ]]; then
  parameters+=("ApiKey=$(od -An -v -N24 -tx1 /dev/urandom | tr -d ' \n')")
fi
case $(uname -m) in aarch64 | arm64) parameters+=(Architecture=arm64) ;; *) parameters+=(Architecture=x86_64) ;; esac
overrides=$(umask 077 && mktemp --suffix .json)
trap 'rm -f "$overrides"' EXIT
json_list "${parameters[@]}" >"$overrides"

run make package
aws s3api head-bucket --bucket "$bucket" 2>/dev/null || run aws s3 mb "s3://$bucket"
run aws cloudformation package --template-file Infra/template.yaml --s3-bucket "$bucket" --output-template-file build/packaged.yaml >/dev/null
run aws cloudformation deploy --stack-name "$stack" --template-file build/packaged.yaml --no-fail-on-empty-changeset \
  --capabilities CAPABILITY_IAM CAPABILITY_AUTO_EXPAND --tags "project=$stack" --parameter-overrides "file://$overrides"
run aws cloudformation update-termination-protection --stack-name "$stack" --enable-termination-protection >/dev/null
[ "$mode" != dry-run ] || exit 0
verify
echo "The API is at $(output APIUrl). Its key: aws ssm get-parameter --name $(output ApiKeyParameterName) --query Parameter.Value --output text"
yes=n
[ ! -t 0 ] || read -rp "Register an identifier, fetch it, and wait for its rows in the API? [y/N] " yes
if [ "$yes" = y ]; then Infra/hydrate.sh; else echo "To see the whole way work, from an identifier to its rows: Infra/hydrate.sh"; fi
