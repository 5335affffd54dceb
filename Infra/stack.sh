# shellcheck shell=bash
# What the scripts around the stack share; sourced by them.
# STACK names the stack (default timeseries-cache), BUCKET a bucket of your own for the packages; the usual AWS_… variables say whose
# account and which region. An endpoint on this machine is refused, unless ALLOW_LOCAL_ENDPOINT is set.
stack=${STACK:-timeseries-cache}
mode=run
parameters=()
export AWS_PAGER=

usage() { sed -n '2,7s/^# //p' "$0" >&2; exit 2; }

# Reads one of the options that the script names first, up to --, then Parameter=value and Parameter=@FILE where it takes them.
read_arguments() {
  local options=" " takes_parameters=$1 word file
  shift
  while [ "$1" != -- ]; do options+="$1 "; shift; done
  shift
  for word; do
    case $word in
      --*) [[ "$options" == *" $word "* && $mode = run ]] || usage; mode=${word#--} ;;
      [A-Z]*=@*)
        [ "$takes_parameters" = yes ] || usage
        file=${word#*=@}
        [ -r "$file" ] || { echo "${word%%=*}: the file $file cannot be read" >&2; exit 2; }
        parameters+=("${word%%=*}=$(<"$file")") ;;
      [A-Z]*=*) [ "$takes_parameters" = yes ] || usage; parameters+=("$word") ;;
      *) usage ;;
    esac
  done
  check_machine
  # The AWS CLI 1 knows the one variable, everything else the other.
  region=${AWS_REGION:-${AWS_DEFAULT_REGION:-$(aws configure get region || true)}}
  [ -n "$region" ] || { echo "Set AWS_REGION" >&2; exit 2; }
  export AWS_REGION=$region AWS_DEFAULT_REGION=$region
}

# Ends where there is no AWS CLI, and where the shell still points at the local cloud, which would get the stack in place of AWS.
check_machine() {
  local name
  command -v aws >/dev/null || {
    echo "The AWS CLI is missing. Run:  sudo apt-get install -y python3-venv && python3 -m venv ~/venv && ~/venv/bin/pip install awscli && export PATH=~/venv/bin:\$PATH" >&2
    exit 2
  }
  [ -z "${ALLOW_LOCAL_ENDPOINT:-}" ] || return 0
  for name in "${!AWS_ENDPOINT_URL@}"; do
    [[ ! "${!name}" =~ ^https?://(127(\.[0-9]+){3}([:/]|$)|\[::1\]|([^/:]*\.)?localhost([:/]|$)) ]] || {
      echo "$name is ${!name}, the local cloud and not AWS: open a new terminal, with your AWS credentials (ALLOW_LOCAL_ENDPOINT=1 goes on all the same)" >&2
      exit 2
    }
  done
}

# Shows a command and runs it; in a dry run it is only shown.
run() { printf '+ %s\n' "$*" >&2; [ "$mode" = dry-run ] || "$@"; }

describe() { aws cloudformation describe-stacks --stack-name "$stack" --query "$1" --output text; }

output() { describe "Stacks[0].Outputs[?OutputKey=='$1'].OutputValue | [0]"; }

# A parameter's value; None where the stack, or its template, has no such parameter.
parameter() { describe "Stacks[0].Parameters[?ParameterKey=='$1'].ParameterValue | [0]"; }

# The physical IDs of the stack's resources of a type, one per line.
resources() { aws cloudformation list-stack-resources --stack-name "${2:-$stack}" --query "StackResourceSummaries[?ResourceType=='$1'].PhysicalResourceId" --output text; }

# The table of history in DynamoDB that the stack has made; nothing where it has none.
history_chunks() { aws cloudformation list-stack-resources --stack-name "${1:-$stack}" --query "StackResourceSummaries[?LogicalResourceId=='HistoryChunks'].PhysicalResourceId" --output text; }

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

# The stack's own bucket of packages, unless BUCKET names another; names of buckets have no capitals.
bucket() { echo "${BUCKET:-${stack,,}-packages-$(aws sts get-caller-identity --query Account --output text)-$region}"; }

bucket_exists() { aws s3api head-bucket --bucket "$1" >/dev/null 2>&1; }

# A JSON list of texts, as --parameter-overrides takes it from a file: a secret is no argument that others could see.
json_list() {
  local text separator='['
  for text; do
    printf '%s"%s"' "$separator" "$(tr '\n\t\r' '   ' <<<"$text" | sed 's/ *$//; s/[\\"]/\\&/g')"
    separator=,
  done
  echo ']'
}

is_given() { local given; for given in "${parameters[@]}"; do [ "${given%%=*}" != "$1" ] || return 0; done; return 1; }

# 48 hexadecimal digits.
random_key() { od -An -v -N24 -tx1 /dev/urandom | tr -d ' \n'; }

# The keys of a new stack, unless they are given: one that reads all, one that writes, and one that may do everything.
new_keys() {
  local entry='{"name":"%s","key":"%s","buckets":["*"],"allow":[%s]}'
  is_given ApiKey || parameters+=("ApiKey=$(random_key)")
  # shellcheck disable=SC2059 # The format is the entry.
  is_given AccessKeys || parameters+=("AccessKeys=[$(printf "$entry" writer "$(random_key)" '"write"'),$(printf "$entry" admin "$(random_key)" '"read","write","admin"')]")
}

# Ends where InfluxDB is chosen and neither a parameter nor the stack, in the state $1, says where it is: the functions would not start.
check_influxdb() {
  local given name value
  for given in "${parameters[@]}"; do
    [ "$given" = HistoryStore=influxdb ] || continue
    for name in InfluxUrl InfluxDatabase; do
      ! is_given "$name" || continue
      value=
      [ "$1" = None ] || value=$(parameter "$name")
      [[ -n "$value" && "$value" != None ]] || { echo "HistoryStore=influxdb needs InfluxUrl and InfluxDatabase" >&2; exit 2; }
    done
  done
}

# Where a new stack keeps its history, unless that is given: in Timestream where AWS lets this account in, else in DynamoDB.
choose_history() {
  local said store=dynamodb
  ! is_given HistoryStore || return 0
  if said=$(aws timestream-write describe-endpoints 2>&1 >/dev/null); then
    said="this account can use Timestream for LiveAnalytics"
    store=timestream
  else
    said=$(sed '/^$/d' <<<"$said")
    # Closed to accounts that did not use it before, or not in this region. Anything else says nothing about the account.
    grep -Eq 'Only existing Timestream|Could not connect to the endpoint URL' <<<"$said" || {
      printf '%s\nSo AWS does not say whether this account can use Timestream: give HistoryStore=dynamodb, which every account can, or HistoryStore=timestream\n' "$said" >&2
      exit 1
    }
  fi
  echo "AWS says: $said. So history goes to HistoryStore=$store." >&2
  parameters+=("HistoryStore=$store")
}

# What a stack that is there keeps where it is, unless something else is given; and what it means where it is.
keep_stores() {
  local store given
  store=$(parameter HistoryStore)
  # A template made before HistoryStore existed knew only Timestream.
  [ "$store" != None ] || store=timestream
  for given in "${parameters[@]}"; do
    [[ "$given" != HistoryStore=* || "$given" = "HistoryStore=$store" ]] || echo "History moves from $store to ${given#*=}, which begins without rows; those in $store are kept (docs/moving.md)." >&2
  done
  if ! is_given ForecastLayout && [ "$(parameter ForecastLayout)" = None ]; then
    echo "The stack keeps one forecast per item (ForecastLayout=items). ForecastLayout=chunks costs a fraction of that, in a new table: what is fetched comes back with the next fetch, what was written does not." >&2
    parameters+=(ForecastLayout=items)
  fi
}

# Where the stack is read and written, and what prints its keys.
say_where() {
  local show="aws ssm get-parameter --with-decryption --query Parameter.Value --output text --name"
  echo "The API is at $(output APIUrl). Its key: $show $(output ApiKeyParameterName)"
  echo "Clients of InfluxDB write to $(output WriteUrl). Their keys: $show $(output AccessKeysParameterName)"
}

# The tables of a database of history, one per line: database|table. Those that were created on demand are no resources of the stack.
tables_of() {
  local token="" page
  while [ "$token" != None ]; do
    page=$(aws timestream-write list-tables --database-name "$1" ${token:+--next-token "$token"} --query '[NextToken,Tables[].TableName]' --output text)
    token=$(head -n 1 <<<"$page")
    tail -n +2 <<<"$page" | tr '\t' '\n' | sed "/^$/d; s/^/$1|/"
  done
}

# Deletes a database of history with all its tables.
delete_history() {
  local tables table
  tables=$(tables_of "$1")
  for table in $tables; do run aws timestream-write delete-table --database-name "$1" --table-name "${table#*|}"; done
  run aws timestream-write delete-database --database-name "$1"
}

# Says what the last deleted stack of the name could not delete, and what is kept beside it, with its bucket; fails where there is anything.
gone() {
  local bucket=$1 left="" id name
  [ "$(status)" = None ] || left+="stack $stack"$'\n'
  id=$(aws cloudformation list-stacks --stack-status-filter DELETE_COMPLETE --query "StackSummaries[?StackName=='$stack'].StackId | [0]" --output text)
  if [ "$id" != None ]; then
    left+=$(aws cloudformation list-stack-resources --stack-name "$id" --query "StackResourceSummaries[?ResourceStatus!='DELETE_COMPLETE' && ResourceType!='AWS::Timestream::Table' && ResourceType!='AWS::Timestream::Database' && LogicalResourceId!='HistoryChunks'].[ResourceType,PhysicalResourceId]" --output text)
    for name in $(resources AWS::Timestream::Database "$id"); do ! aws timestream-write describe-database --database-name "$name" >/dev/null 2>&1 || left+="Timestream database $name"$'\n'; done
    for name in $(history_chunks "$id"); do ! aws dynamodb describe-table --table-name "$name" >/dev/null 2>&1 || left+="DynamoDB table $name"$'\n'; done
  fi
  [ -n "${BUCKET:-}" ] || ! bucket_exists "$bucket" || left+="bucket $bucket"
  if [ -n "$left" ]; then printf 'Left of %s:\n%s\n' "$stack" "$left"; return 1; fi
  echo "Nothing of $stack is left."
}

# That of the packages, else of this machine.
architecture() {
  case $(readelf -h build/QueueFunction/bootstrap 2>/dev/null || uname -m) in *AArch64* | aarch64 | arm64) echo arm64 ;; *) echo x86_64 ;; esac
}

# Asks whether the stack works: the function with its key and both stores, API Gateway, dead letters, alarms. Fails where something does not.
verify() (
  answer=0
  folder=$(mktemp -d)
  trap 'rm -r "$folder"' EXIT
  say() { if [ "$1" = 0 ]; then echo "ok: $2"; else answer=1; echo "NOT OK: $2"; fi; }
  key=$(aws ssm get-parameter --name "$(output ApiKeyParameterName)" --with-decryption --query Parameter.Value --output text)
  printf '{"httpMethod":"GET","path":"/v1/series/verify","headers":{"x-api-key":"%s"}}' "$key" >"$folder/request"
  aws lambda invoke --function-name "$(output APIFunctionName)" --payload "fileb://$folder/request" "$folder/answer" >/dev/null
  # 404: both stores were asked, and neither knows a series of that name.
  grep -Eq '"statusCode":(200|404)' "$folder/answer" && found=0 || found=1
  say "$found" "the API function asks both stores: $(cut -c1-300 "$folder/answer")"
  printf '{"httpMethod":"GET","path":"/health","headers":{}}' >"$folder/request"
  aws lambda invoke --function-name "$(output WriteFunctionName)" --payload "fileb://$folder/request" "$folder/answer" >/dev/null
  grep -q '"statusCode":200' "$folder/answer" && found=0 || found=1
  say "$found" "the write function answers: $(cut -c1-300 "$folder/answer")"
  if command -v curl >/dev/null; then
    code=$(curl -s -o /dev/null -m 30 -w '%{http_code}' "$(output ApiEndpoint)v1/series/verify" || true)
    say "$([ "$code" = 401 ]; echo $?)" "API Gateway answers $code to a request without a key"
  fi
  letters=$(aws sqs get-queue-attributes --queue-url "$(output DeadLetterQueueUrl)" --attribute-names ApproximateNumberOfMessages --query Attributes.ApproximateNumberOfMessages --output text)
  say "$([ "$letters" = 0 ]; echo $?)" "$letters dead letters (docs/operating.md)"
  # shellcheck disable=SC2046 # One name per word.
  alarms=$(aws cloudwatch describe-alarms --alarm-names $(resources AWS::CloudWatch::Alarm) --state-value ALARM --query 'MetricAlarms[].AlarmName' --output text)
  say "$([ -z "$alarms" ]; echo $?)" "alarms that are on: ${alarms:-none}"
  exit $answer
)
