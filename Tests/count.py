"""Prints the passed, failed and skipped tests of a JUnit file."""

import sys
import xml.etree.ElementTree

suites = xml.etree.ElementTree.parse(sys.argv[1]).getroot()
cases = list(suites.iter("testcase"))
if not cases:
    sys.exit("no tests in " + sys.argv[1])
bad = sum(1 for case in cases if case.find("failure") is not None or case.find("error") is not None)
skipped = sum(1 for case in cases if case.find("skipped") is not None)
print(len(cases) - bad - skipped, bad, skipped)
