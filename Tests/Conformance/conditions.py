"""A template as CloudFormation sees it once its conditions are worked out: nothing that does not hold, and no Fn::If."""

import re

GONE = object()


def settled(template, **given):
    """The template with the parameters given, else with their defaults; in CloudFormation's own forms of the functions."""
    parameters = {name: parameter.get("Default") for name, parameter in template["Parameters"].items()} | given
    assert set(given) <= set(template["Parameters"])

    def text(value):
        return parameters[value["Ref"]] if isinstance(value, dict) else value

    def holds(condition):
        if isinstance(condition, str):
            return holds(template["Conditions"][condition])
        ((name, argument),) = condition.items()
        if name == "Condition":
            return holds(argument)
        if name == "Fn::Equals":
            return text(argument[0]) == text(argument[1])
        return {"Fn::Not": lambda: not holds(argument[0]), "Fn::And": lambda: all(map(holds, argument)), "Fn::Or": lambda: any(map(holds, argument))}[name]()

    def plain(value):
        if isinstance(value, dict):
            if value == {"Ref": "AWS::NoValue"}:
                return GONE
            if set(value) == {"Fn::If"}:
                condition, where_true, where_false = value["Fn::If"]
                return plain(where_true if holds(condition) else where_false)
            return {name: part for name, part in ((name, plain(part)) for name, part in value.items()) if part is not GONE}
        return [part for part in map(plain, value) if part is not GONE] if isinstance(value, list) else value

    def section(members):
        kept = {name: plain(member) for name, member in members.items() if holds_for(member)}
        return {name: {key: part for key, part in member.items() if key != "Condition"} for name, member in kept.items()}

    def holds_for(member):
        return "Condition" not in member or holds(member["Condition"])
    rest = {name: plain(part) for name, part in template.items() if name not in ("Conditions", "Resources", "Outputs")}
    return rest | {"Resources": section(template["Resources"]), "Outputs": section(template["Outputs"])}


def names_in(value):
    """Everything that Ref, GetAtt and Sub name, without the pseudo parameters."""
    if isinstance(value, list):
        return set().union(*map(names_in, value)) if value else set()
    if not isinstance(value, dict):
        return set()
    if "Ref" in value and isinstance(value["Ref"], str):
        return {value["Ref"]} if not value["Ref"].startswith("AWS::") else set()
    if "Fn::GetAtt" in value:
        return {value["Fn::GetAtt"][0]}
    if "Fn::Sub" in value:
        own = value["Fn::Sub"][1] if isinstance(value["Fn::Sub"], list) else {}
        body = value["Fn::Sub"][0] if isinstance(value["Fn::Sub"], list) else value["Fn::Sub"]
        found = {name for name in re.findall(r"\$\{(\w+)(?:\.\w+)?\}", body)} - set(own)
        return found | names_in(list(own.values()))
    return set().union(*map(names_in, value.values())) if value else set()
