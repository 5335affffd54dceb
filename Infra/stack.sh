# shellcheck shell=bash
# What the scripts around the stack share; sourced by them.
# STACK names the stack (default timeseries-cache), BUCKET the bucket of packages; the usual AWS_… variables say whose account and which region.
stack=${STACK:-timeseries-cache}
mode=run
parameters=()

# Reads --OPTION, Parameter=value and Parameter=@FILE; anything else prints the script's own head.
read_arguments() {
  local word
  for word in "$@"; do
    case $word in
      --dry-run | --status | --verify | --yes) mode=${word#--} ;;
      [A-Z]*=@*) parameters+=("${word%%=*}=$(<"${word#*=@}")") ;;
      [A-Z]*=*) parameters+=("$word") ;;
      *) sed -n '2,6s/^# //p' "$0" >&2; exit 2 ;;
    esac
  done
}

# Shows a command and runs it; in a dry run it is only shown.
run() { printf '+ %s\n' "$*" >&2; [ "$mode" = dry-run ] || "$@"; }

describe() { aws cloudformation describe-stacks --stack-name "$stack" --query "$1" --output text; }

output() { describe "Stacks[0].Outputs[?OutputKey=='$1'].OutputValue | [0]"; }

# None where there is no such stack; any other error ends the script.
status() {
  local text
  if text=$(describe 'Stacks[0].StackStatus' 2>&1); then
    echo "$text"
  else
    grep -q 'does not exist' <<<"$text" || { echo "$text" >&2; return 1; }
    echo None
  fi
}

bucket() {
  local region
  region=${AWS_REGION:-${AWS_DEFAULT_REGION:-$(aws configure get region)}} || { echo "Set AWS_REGION" >&2; return 1; }
  echo "${BUCKET:-$stack-packages-$(aws sts get-caller-identity --query Account --output text)-$region}"
}

# A JSON list of texts, as --parameter-overrides takes it from a file: a secret is no argument that others could see.
json_list() {
  local text separator='['
  for text; do
    printf '%s"%s"' "$separator" "$(tr '\n\t' '  ' <<<"$text" | sed 's/ *$//; s/[\\"]/\\&/g')"
    separator=,
  done
  echo ']'
}

# Asks whether the stack works; fails where something does not.
verify() {
  local answer=0 folder letters alarms
  folder=$(mktemp -d)
  # A request without a key: the function must run and know its key to say 401; without one it would say 503.
  printf '{"httpMethod":"GET","path":"/v1/series/verify","headers":{}}' >"$folder/request"
  aws lambda invoke --function-name "$(output APIFunctionName)" --payload "fileb://$folder/request" "$folder/answer" >/dev/null
  if grep -q '"statusCode":401' "$folder/answer"; then echo "The API answers and wants its key."; else answer=1; echo "The API answers: $(cut -c1-500 "$folder/answer")"; fi
  rm -r "$folder"
  letters=$(aws sqs get-queue-attributes --queue-url "$(output DeadLetterQueueUrl)" --attribute-names ApproximateNumberOfMessages --query Attributes.ApproximateNumberOfMessages --output text)
  if [ "$letters" = 0 ]; then echo "No dead letters."; else answer=1; echo "Dead letters: $letters (README, Operating it)"; fi
  alarms=$(aws cloudwatch describe-alarms --alarm-name-prefix "$stack-" --state-value ALARM --query 'MetricAlarms[].AlarmName' --output text)
  if [ -z "$alarms" ]; then echo "No alarm."; else answer=1; echo "Alarms: $alarms"; fi
  return $answer
}
