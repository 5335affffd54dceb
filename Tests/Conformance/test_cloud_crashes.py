"""The local cloud that is killed while clients write to it: a short form of `make kill-cloud`."""

import sys

from conftest import PROJECT

sys.path.insert(0, str(PROJECT / "local" / "bench"))

import kill_cloud  # noqa: E402


def test_what_a_killed_cloud_had_acknowledged_is_there():
    assert kill_cloud.run(kills=6).startswith("6 kills")
