"""Expands the SAM transform of a packaged template, as CloudFormation does in AWS, with AWS's own translator.

Usage: expand-sam.py PACKAGED.yaml, in the environment of Tests/requirements/sam.txt; CloudFormation in JSON goes to standard output.
"""

import json
import sys

from samcli.yamlhelper import yaml_parse
from samtranslator.parser.parser import Parser
from samtranslator.public.translator import Translator

with open(sys.argv[1], encoding="utf-8") as file:
    template = yaml_parse(file.read())
# No managed policies are named, so none are looked up.
translated = Translator({}, Parser()).translate(template, {})
json.dump(translated, sys.stdout, indent=1)
