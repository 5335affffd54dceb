"""Celery: tasks over SQS with real workers, results in DynamoDB."""

import contextlib
import os
import signal
import subprocess
import sys
import time

import pytest

from conftest import wait_until

TASKS = '''
import os, time
import celery
from celery.exceptions import Reject

app = celery.Celery("tasks", broker=os.environ["BROKER"], backend="dynamodb://@us-east-1/celery-results?ttl_seconds=3600")
QUEUES = {name: os.environ[variable] for name, variable in (("fixed", "FIXED_URL"), ("failing", "FAILING_URL")) if variable in os.environ}
app.conf.update(
    task_default_queue=os.environ.get("QUEUE", "jobs"), worker_enable_remote_control=False, worker_prefetch_multiplier=1, broker_connection_retry_on_startup=True,
    worker_hijack_root_logger=False, result_extended=True,
    task_routes={"tasks.urgent": {"queue": "urgent"}},
    broker_transport_options={
        "region": "us-east-1", "visibility_timeout": 60, "wait_time_seconds": 1, "polling_interval": 0, "is_secure": False,
        **({"predefined_queues": {
            name: {"url": url, "access_key_id": "test", "secret_access_key": "test", "backoff_policy": {1: 1, 2: 1}, "backoff_tasks": ["tasks.backs_off"]}
            for name, url in QUEUES.items()}} if QUEUES else {"queue_name_prefix": "shop-"})})


def note(word):
    with open(os.environ["NOTES"], "a") as notes:
        notes.write("%s %s %f\\n" % (word, os.getpid(), time.time()))


@app.task
def add(a, b):
    return a + b


@app.task
def total(numbers):
    return sum(numbers)


@app.task
def urgent(word):
    note(word)


@app.task(bind=True, max_retries=3)
def flaky(self):
    note("flaky")
    if self.request.retries < 2:
        raise self.retry(countdown=1)
    return self.request.retries


@app.task
def breaks():
    raise ValueError("no luck")


@app.task(acks_late=True)
def long(word, file):
    note(word)
    # As long as the first worker lives; the second finds the file.
    end = time.time() + 300
    while not os.path.exists(file) and time.time() < end:
        time.sleep(0.05)
    note(word + " done")


@app.task(acks_late=True, bind=True)
def backs_off(self):
    note("backs off")
    if open(os.environ["NOTES"]).read().count("backs off") < 3:
        raise Reject("later", requeue=False)


@app.task(acks_late=True)
def rejects():
    note("rejects")
    raise Reject("never", requeue=False)
'''


class Shop:
    """A project's folder with its tasks."""

    def __init__(self, folder, cloud, **more):
        self.folder = folder
        (folder / "tasks.py").write_text(TASKS)
        self.environment = cloud.environment | {
            "PYTHONPATH": str(folder), "NOTES": str(folder / "notes"), "BROKER": "sqs://test:test@" + cloud.address.removeprefix("http://"), "HOME": str(folder)} | more

    def notes(self, word):
        """Process and time of each note of a word."""
        path = self.folder / "notes"
        lines = path.read_text().splitlines() if path.exists() else []
        return [(int(line.split()[-2]), float(line.split()[-1])) for line in lines if line.rsplit(" ", 2)[0] == word]

    def run(self, script):
        """What a program that has these tasks prints."""
        run = subprocess.run([sys.executable, "-c", "import tasks\n" + script], env=self.environment, capture_output=True, text=True, timeout=300)
        assert run.returncode == 0, run.stderr
        return run.stdout.split()

    @contextlib.contextmanager
    def worker(self, *options, ends=0):
        log = open(self.folder / "worker.log", "a")
        process = subprocess.Popen(
            [sys.executable, "-m", "celery", "--app", "tasks", "worker", "--concurrency", "2", "--loglevel", "info", "--without-gossip", "--without-mingle", *options],
            env=self.environment, cwd=self.folder, stdout=log, stderr=log, start_new_session=True)
        try:
            yield process
            process.terminate()
            # It first does what it has begun.
            assert process.wait(timeout=300) == ends
        except BaseException:
            print((self.folder / "worker.log").read_text())
            raise
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
            log.close()


@pytest.fixture(scope="module", autouse=True)
def results(client):
    yield
    client("dynamodb").delete_table(TableName="celery-results")


def test_queues_that_are_made_as_they_are_needed(cloud, client, tmp_path):
    shop = Shop(tmp_path, cloud)
    # Before there is a worker: the queue and the table are made by who sends.
    sent = shop.run("""
from celery import chain, chord, group
print(tasks.add.delay(1, 2).id)
print(chain(tasks.add.s(1, 2), tasks.add.s(10), tasks.add.s(100)).delay().id)
many = group(tasks.add.s(number, number) for number in range(15)).delay(); many.save(); print(many.id)
print(chord([tasks.add.s(number, 1) for number in range(5)], tasks.total.s()).delay().id)
print(tasks.flaky.delay().id, tasks.breaks.delay().id)
import time; print(time.time(), tasks.urgent.apply_async(["later"], countdown=2).id)
""")
    sqs = client("sqs")
    urls = {url.rsplit("/", 1)[1]: url for url in sqs.list_queues(QueueNamePrefix="shop-")["QueueUrls"]}
    assert sorted(urls) == ["shop-jobs", "shop-urgent"]
    assert sqs.get_queue_attributes(QueueUrl=urls["shop-jobs"], AttributeNames=["VisibilityTimeout"])["Attributes"] == {"VisibilityTimeout": "60"}
    waiting = sqs.get_queue_attributes(QueueUrl=urls["shop-jobs"], AttributeNames=["ApproximateNumberOfMessages"])["Attributes"]
    assert waiting == {"ApproximateNumberOfMessages": str(1 + 1 + 15 + 5 + 2)}
    table = client("dynamodb").describe_time_to_live(TableName="celery-results")["TimeToLiveDescription"]
    assert (table["AttributeName"], table["TimeToLiveStatus"]) == ("ttl", "ENABLED")
    with shop.worker("--queues", "jobs,urgent"):
        results = shop.run(f"""
from celery.result import AsyncResult, GroupResult
ids = {sent!r}
for id in ids[:2]: print(AsyncResult(id, app=tasks.app).get(timeout=120))
print(sum(GroupResult.restore(ids[2], app=tasks.app).get(timeout=120)))
for id in ids[3:5]: print(AsyncResult(id, app=tasks.app).get(timeout=120))
failed = AsyncResult(ids[5], app=tasks.app)
print(repr(failed.get(timeout=120, propagate=False)).replace(" ", "_"), failed.state)
AsyncResult(ids[7], app=tasks.app).get(timeout=120)
""")
        assert results == ["3", "113", str(2 * sum(range(15))), str(sum(range(5)) + 5), "2", "ValueError('no_luck')", "FAILURE"]
        times = [moment for _, moment in shop.notes("flaky")]
        assert len(times) == 3 and all(later - earlier >= 0.9 for earlier, later in zip(times, times[1:]))
        (_, urgent), = shop.notes("later")
        assert urgent - float(sent[6]) >= 1.9
        # Each message has been acknowledged.
        numbers = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible", "ApproximateNumberOfMessagesDelayed"]
        wait_until(lambda: all(
            sqs.get_queue_attributes(QueueUrl=url, AttributeNames=numbers)["Attributes"] == dict.fromkeys(numbers, "0") for url in urls.values()))
    assert shop.run("tasks.add.delay(1, 1); tasks.add.delay(1, 1); print(tasks.app.control.purge() > 0)") == ["True"]
    assert "Messages" not in sqs.receive_message(QueueUrl=urls["shop-jobs"])
    for url in urls.values():
        sqs.delete_queue(QueueUrl=url)


@pytest.fixture
def queues(client):
    sqs = client("sqs")
    dead = sqs.create_queue(QueueName="celery-dead")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    fixed = sqs.create_queue(QueueName="celery-fixed", Attributes={"VisibilityTimeout": "3"})["QueueUrl"]
    failing = sqs.create_queue(
        QueueName="celery-failing", Attributes={"VisibilityTimeout": "1", "RedrivePolicy": '{"deadLetterTargetArn":"%s","maxReceiveCount":2}' % arn})["QueueUrl"]
    yield {"fixed": fixed, "failing": failing, "dead": dead}
    for url in (fixed, failing, dead):
        sqs.delete_queue(QueueUrl=url)


def test_a_killed_worker_s_task_is_done_by_the_next(cloud, client, queues, tmp_path):
    # The address comes from the environment.
    shop = Shop(tmp_path, cloud, BROKER="sqs://", QUEUE="fixed", FIXED_URL=queues["fixed"], FAILING_URL=queues["failing"])
    shop.run(f"tasks.long.delay('long', {str(tmp_path / 'go')!r})")
    with shop.worker("--queues", "fixed", ends=-signal.SIGKILL) as worker:
        wait_until(lambda: shop.notes("long"))
        os.killpg(worker.pid, signal.SIGKILL)
        worker.wait()
    killed = time.time()
    (tmp_path / "go").touch()
    sqs = client("sqs")
    with shop.worker("--queues", "fixed,failing"):
        wait_until(lambda: shop.notes("long done"))
        (first, _), (second, again) = shop.notes("long")[:2]
        assert first != second and again > killed
        # From now on it is the worker that says when a message can be seen again.
        sqs.set_queue_attributes(QueueUrl=queues["fixed"], Attributes={"VisibilityTimeout": "3600"})
        shop.run("tasks.backs_off.apply_async(queue='fixed'); tasks.rejects.apply_async(queue='failing')")
        # It comes again a second after each refusal, and is done the third time.
        wait_until(lambda: len(shop.notes("backs off")) == 3)
        times = [moment for _, moment in shop.notes("backs off")]
        assert all(later - earlier >= 0.9 for earlier, later in zip(times, times[1:]))
        # A message that was refused as often as its queue allows.
        message, = wait_until(lambda: sqs.receive_message(QueueUrl=queues["dead"], WaitTimeSeconds=1).get("Messages"))
        assert len(shop.notes("rejects")) == 2
        numbers = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        wait_until(lambda: all(
            sqs.get_queue_attributes(QueueUrl=queues[name], AttributeNames=numbers)["Attributes"] == dict.fromkeys(numbers, "0") for name in ("fixed", "failing")))
