# shellcheck shell=bash
# Starts a local cloud and waits for its address; sourced by the scripts that need one.
# Usage: start_cloud BUILD [local-cloud options]: sets the outputs as variables, and cloud_pid. stop_cloud ends it, and fails where it did not end well.

start_cloud() {
  local build=$1
  shift
  cloud_output=$(mktemp)
  # In a session of its own: Ctrl-C reaches the script, which ends the cloud once; a second signal would cut its end short.
  setsid "$build/local-cloud" --quiet "$@" >"$cloud_output" &
  cloud_pid=$!
  # The last line; until then it either starts or has failed.
  until grep -q '^ready$' "$cloud_output"; do
    kill -0 "$cloud_pid" 2>/dev/null || { wait "$cloud_pid" || true; rm -f "$cloud_output"; return 1; }
    read -rt 0.05 <> <(:) || true
  done
  AWS_ENDPOINT_URL=$(head -n 1 "$cloud_output")
  export AWS_ENDPOINT_URL AWS_REGION=us-east-1 AWS_DEFAULT_REGION=us-east-1
  export AWS_ACCESS_KEY_ID=${AWS_ACCESS_KEY_ID:-test} AWS_SECRET_ACCESS_KEY=${AWS_SECRET_ACCESS_KEY:-test}
  while IFS='=' read -r name value; do export "$name=$value"; done < <(sed '1d; /^ready$/d' "$cloud_output")
  rm -f "$cloud_output"
  # What the end-to-end run asks for.
  # shellcheck disable=SC2154 # Outputs of the template.
  export API_ENDPOINT=$APIUrl ID_TABLE=$IDTableName QUEUE_LAMBDA_NAME=$QueueingLambdaName API_KEY=$ApiKey
}

stop_cloud() {
  [ -n "${cloud_pid:-}" ] || return 0
  local status=0
  kill -TERM "$cloud_pid" 2>/dev/null || true
  wait "$cloud_pid" || status=$?
  cloud_pid=
  [ "$status" -eq 0 ] || { echo "The local cloud ended with status $status" >&2; return 1; }
}
