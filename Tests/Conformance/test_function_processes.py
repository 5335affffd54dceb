"""The functions' processes: what a killed cloud leaves of them and of their events, and how they ask the Runtime API."""

import concurrent.futures
import json

import pytest

from conftest import wait_until
from stack import FUNCTION, Stack, client, lives


def invoke(cloud, event):
    answer = client(cloud, "lambda").invoke(FunctionName="f", Payload=json.dumps(event))
    assert "FunctionError" not in answer
    return json.loads(answer["Payload"].read())


def test_a_cloud_that_is_killed_takes_its_functions_with_it(tmp_path):
    # The function is at work and has started something, neither of which asks the Runtime API for anything.
    stack = Stack(tmp_path, FUNCTION % 1, F='sleep 1000 & echo $! > "$home/child"; echo $$ > "$home/parent"; exec sleep 1000')
    with stack.running() as cloud:
        client(cloud, "lambda").invoke(FunctionName="f", InvocationType="Event")
        wait_until(lambda: stack.lines("parent"))
        processes = [stack.lines(name)[0] for name in ("parent", "child")]
        assert all(map(lives, processes))
        cloud.process.kill()
        wait_until(lambda: not any(map(lives, processes)))


# Nothing of an event is done before there is a file `go`.
WAITS = """
echo begun >> "$home/begun"
[ -e "$home/go" ] || exec sleep 1000
echo "$(cat "$folder/event")" >> "$home/done"
curl -s --data '{}' "$api/$id/response"
"""


@pytest.mark.parametrize("processes", [1, 3])
def test_accepted_events_outlive_a_cloud_that_is_killed(tmp_path, processes):
    stack = Stack(tmp_path, FUNCTION % processes, F=WAITS)
    with stack.running() as cloud:
        for event in range(3):
            assert client(cloud, "lambda").invoke(FunctionName="f", InvocationType="Event", Payload=json.dumps(event))["StatusCode"] == 202
        # With one process the others have not even begun.
        wait_until(lambda: len(stack.lines("begun")) == processes)
        cloud.process.kill()
        cloud.process.wait()
    assert stack.lines("done") == []
    (tmp_path / "go").touch()
    with stack.running() as cloud:
        wait_until(lambda: set(stack.lines("done")) == {"0", "1", "2"})
        assert cloud.stop() == 0


# Each event is waited for twice: shortly, and then as long as it takes.
DROPS = """
while :; do
  if ! curl -s --max-time 0.2 -D "$folder/headers" -o "$folder/event" "$api/next"; then
    echo dropped >> "$home/dropped"
    curl -s -D "$folder/headers" -o "$folder/event" -w '%{http_code}\\n' "$api/next" >> "$home/codes" || exit
  fi
  curl -s --data-binary "@$folder/event" "$api/$(request_of "$folder/headers")/response"
done
"""


def test_a_function_may_drop_its_connection_and_ask_again(tmp_path):
    stack = Stack(tmp_path, FUNCTION % 1, F=DROPS)
    with stack.running() as cloud:
        for event in range(5):
            assert invoke(cloud, event) == event
            # The next event comes after a connection was dropped.
            wait_until(lambda: len(stack.lines("dropped")) == event + 1)
        # And these whenever they come.
        for event in range(20):
            assert invoke(cloud, event) == event
        # None was told to end in place of the one before it.
        assert set(stack.lines("codes")) == {"200"}
        assert cloud.stop() == 0


# Two ask at once; one gets the event, or both get the same.
TWICE = """
while rm -f "$folder"/*; do
  for one in a b; do curl -s -D "$folder/$one.headers" -o "$folder/$one" -w '%{http_code}\\n' "$api/next" >> "$home/codes" & done
  wait
  for one in a b; do
    id=$(request_of "$folder/$one.headers")
    [ -z "$id" ] || break
  done
  [ -n "$id" ] || exit
  curl -s --data-binary "@$folder/$one" "$api/$id/response"
done
"""


def test_a_function_may_ask_twice_at_once(tmp_path):
    stack = Stack(tmp_path, FUNCTION % 1, F=TWICE)
    with stack.running() as cloud:
        with concurrent.futures.ThreadPoolExecutor(4) as threads:
            assert list(threads.map(lambda event: invoke(cloud, event), range(20))) == list(range(20))
        # Where no event waits, the older one is told to end: its place is the newer one's, which rests when the cloud ends.
        wait_until(lambda: "410" in stack.lines("codes"))
        assert invoke(cloud, "last") == "last"
        assert set(stack.lines("codes")) == {"200", "410"}
        assert cloud.stop() == 0
