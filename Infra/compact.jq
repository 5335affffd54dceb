# A template in JSON as compact YAML, for jq -r: a line for each member of a section, CloudFormation's short forms, quotes where they are
# needed. What checkers alone read of a resource (Metadata) is left out.

def plain: test("^[A-Za-z][A-Za-z0-9_/.-]*(::?[A-Za-z0-9_/.-]+)*$")
  and (ascii_downcase | IN("true", "false", "yes", "no", "on", "off", "y", "n", "null") | not);
# A text of JSON is one of YAML.
def scalar: if type == "string" and plain then . else tojson end;

def compact:
  if type == "array" then "[" + (map(compact) | join(",")) + "]"
  elif type != "object" then scalar
  else
    (keys_unsorted | if length == 1 then .[0] else "" end) as $only
    # Short forms do not follow upon each other: a call whose argument is one keeps its long form.
    | if $only == "Ref" then "!Ref \(.Ref | scalar)"
      elif $only == "Fn::GetAtt" then "!GetAtt \(.["Fn::GetAtt"] | join("."))"
      elif ($only | startswith("Fn::")) and (.[$only] | type != "object") then "!\($only[4:]) \(.[$only] | compact)"
      else "{" + (to_entries | map("\(.key | scalar): \(.value | compact)") | join(",")) + "}"
      end
  end;

del(.Resources[].Metadata)
| to_entries[]
| if .value | type == "object" then "\(.key | scalar):", (.value | to_entries[] | " \(.key | scalar): \(.value | compact)")
  else "\(.key | scalar): \(.value | compact)" end
