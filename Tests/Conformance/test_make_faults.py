"""A small form of `make faults`: the whole system while a fault strikes."""

import sys

import pytest

from conftest import BUILD, PROJECT

sys.path.insert(0, str(PROJECT / "local" / "bench"))

import faults  # noqa: E402


@pytest.mark.parametrize("fault", ["throttling", "drop-after", "rejected-records"])
def test_the_system_bears_a_fault(monkeypatch, fault):
    monkeypatch.setattr(faults, "BUILD", BUILD)
    (_, requests, struck, *_, expected, found, dead), wrong = faults.run(fault, identifiers=16, seed=1)
    assert wrong == [] and expected == found and dead == 0 and 0 < struck < requests
