"""Half a minute of `make fuzz-cloud`."""

import fuzz_cloud


def test_whatever_comes_the_cloud_answers_on():
    print(fuzz_cloud.run(seconds=30, seed=20261122))
