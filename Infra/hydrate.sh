#!/usr/bin/env bash
# The end-to-end run against the deployed stack: registers an identifier, starts the queue function, waits for the rows in the API.
# Usage: Infra/hydrate.sh [IDENTIFIER] (default test-run); STACK names the stack.
set -euo pipefail
[ "${1:-}" != --help ] || { sed -n '2,/^[^#]/s/^# //p' "$0"; exit; }
cd "$(dirname "$0")/.."
. Infra/stack.sh
read_arguments no --
[ -x .build/release/hydration ] || make build
API_ENDPOINT=$(output APIUrl) ID_TABLE=$(output IDTableName) QUEUE_LAMBDA_NAME=$(output QueueingLambdaName)
API_KEY=$(aws ssm get-parameter --name "$(output ApiKeyParameterName)" --with-decryption --query Parameter.Value --output text)
export API_ENDPOINT ID_TABLE QUEUE_LAMBDA_NAME API_KEY
exec .build/release/hydration "$@"
