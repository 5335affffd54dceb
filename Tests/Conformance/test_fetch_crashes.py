"""Fetch functions that are killed while they write: a short form of `make bench-fetch`."""

import sys

from conftest import PROJECT

sys.path.insert(0, str(PROJECT / "local" / "bench"))

import fetch_through_crashes  # noqa: E402


def test_what_killed_fetches_had_acknowledged_is_there():
    assert fetch_through_crashes.run(kills=8, writers=4).startswith("8 kills")
