"""Line protocol: this project's parser beside line-protocol-parser from PyPI, whose core is C, on the same bodies in the same run.

Usage: line_protocol.py BENCHMARK, the executable benchmark-line-protocol.

The peer reads a line at a time into dictionaries, and that is what its users pay for: its rate is that of a Python program.
"""

import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from line_protocol_parser import parse_line

ROUNDS = 3


def rate(body):
    """The best rate of several rounds by processor time, in MB/s, and how many points there were."""
    lines = body.decode().splitlines()
    best = float("inf")
    for _ in range(ROUNDS):
        start = time.process_time()
        points = sum(1 for line in lines if line and parse_line(line))
        best = min(best, time.process_time() - start)
    return len(body) / best / 1e6, points, points / best


with tempfile.TemporaryDirectory() as folder:
    result = subprocess.run([sys.argv[1], folder], check=True, capture_output=True, text=True)
    for report in result.stdout.splitlines():
        print(report)
        found = re.match(r"(\w+): (\d+) MB/s, (\d+) points/s, (\d+) points", report)
        if not found:
            continue
        name, ours, _, count = found.groups()
        theirs, points, each = rate(Path(folder, f"{name}.line").read_bytes())
        if points != int(count):
            sys.exit(f"{name}: this project reads {count} points, the peer {points}")
        print(f"  line-protocol-parser {theirs:.0f} MB/s, {each:.0f} points/s   ratio {int(ours) / theirs:.1f}")
