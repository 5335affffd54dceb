"""PynamoDB: models over tables, their indexes, conditions, batches, transactions and pages."""

import datetime
import threading
import uuid

import pytest
from pynamodb.attributes import (
    BinaryAttribute, BooleanAttribute, JSONAttribute, ListAttribute, MapAttribute, NumberAttribute, NumberSetAttribute, TTLAttribute, UnicodeAttribute,
    UnicodeSetAttribute, UTCDateTimeAttribute, VersionAttribute)
from pynamodb.connection import Connection
from pynamodb.exceptions import DeleteError, PutError, TableDoesNotExist, TransactGetError, TransactWriteError, UpdateError
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex, IncludeProjection, KeysOnlyProjection, LocalSecondaryIndex
from pynamodb.models import Model
from pynamodb.transactions import TransactGet, TransactWrite


class ByForum(GlobalSecondaryIndex):
    class Meta:
        index_name = "by-forum"
        projection = IncludeProjection(["views", "tags"])
        read_capacity_units = write_capacity_units = 1
    forum = UnicodeAttribute(hash_key=True)
    views = NumberAttribute(range_key=True)


class ByPosted(LocalSecondaryIndex):
    class Meta:
        index_name = "by-posted"
        projection = AllProjection()
    author = UnicodeAttribute(hash_key=True)
    posted = UTCDateTimeAttribute(range_key=True)


class Place(MapAttribute):
    city = UnicodeAttribute()
    zip = NumberAttribute(null=True)


class Thread(Model):
    class Meta:
        table_name = "threads"
        region = "us-east-1"
        read_capacity_units = write_capacity_units = 1
        tags = {"team": "forum"}
    author = UnicodeAttribute(hash_key=True)
    subject = UnicodeAttribute(range_key=True)
    forum = UnicodeAttribute(default="general")
    views = NumberAttribute(default=0)
    posted = UTCDateTimeAttribute(default=datetime.datetime(2024, 1, 1, tzinfo=datetime.timezone.utc))
    tags = UnicodeSetAttribute(null=True)
    marks = NumberSetAttribute(null=True)
    open = BooleanAttribute(default=True)
    image = BinaryAttribute(null=True, legacy_encoding=False)
    place = Place(null=True)
    replies = ListAttribute(default=list)
    details = JSONAttribute(null=True)
    expires = TTLAttribute(null=True)
    by_forum = ByForum()
    by_posted = ByPosted()


class Account(Model):
    class Meta:
        table_name = "accounts"
        region = "us-east-1"
        billing_mode = "PAY_PER_REQUEST"
    id = UnicodeAttribute(hash_key=True)
    balance = NumberAttribute(default=0)
    version = VersionAttribute()


@pytest.fixture(scope="module", autouse=True)
def tables(client):
    for model in (Thread, Account):
        assert not model.exists()
        model.create_table(wait=True)
        assert model.exists()
    yield
    for model in (Thread, Account):
        model.delete_table()
    with pytest.raises(TableDoesNotExist):
        Account.describe_table()


def test_a_model_s_table(client):
    # It has asked for expiry itself.
    assert client("dynamodb").describe_time_to_live(TableName="threads")["TimeToLiveDescription"]["AttributeName"] == "expires"
    table = Thread.describe_table()
    assert [index["Projection"] for index in table["GlobalSecondaryIndexes"]] == [{"ProjectionType": "INCLUDE", "NonKeyAttributes": ["views", "tags"]}]
    assert [index["IndexName"] for index in table["LocalSecondaryIndexes"]] == ["by-posted"]
    arn = table["TableArn"]
    assert client("dynamodb").list_tags_of_resource(ResourceArn=arn)["Tags"] == [{"Key": "team", "Value": "forum"}]
    assert {"threads", "accounts"} <= set(Connection().list_tables()["TableNames"])


def test_items_come_back_as_they_were():
    thread = Thread(
        "anna", "whole", forum="swift", views=7, posted=datetime.datetime(2024, 2, 29, 1, 2, 3, 456789, datetime.timezone.utc), tags={"a", "é"}, marks={1, 2.5},
        open=False, image=b"\x00\xff", place=Place(city="Bonn", zip=53111), replies=[1, "two", {"three": [3]}, None], details={"deep": [1, {"x": None}]},
        expires=datetime.timedelta(hours=1))
    thread.save()
    found = Thread.get("anna", "whole", consistent_read=True)
    assert found.attribute_values.keys() == thread.attribute_values.keys()
    for name in ("forum", "views", "posted", "tags", "marks", "open", "image", "replies", "details"):
        assert getattr(found, name) == getattr(thread, name), name
    assert found.place.city == "Bonn" and found.place.zip == 53111
    part = Thread.get("anna", "whole", attributes_to_get=["views", "place.city"])
    assert part.views == 7 and part.place.city == "Bonn" and part.tags is None
    with pytest.raises(Thread.DoesNotExist):
        Thread.get("anna", "gone")
    found.delete()
    assert Thread.count("anna", Thread.subject == "whole") == 0


def test_conditions_and_updates():
    thread = Thread("otto", "updates", views=1, tags={"a", "b"}, replies=["first"])
    thread.save(Thread.author.does_not_exist())
    with pytest.raises(PutError) as caught:
        Thread("otto", "updates").save(Thread.author.does_not_exist())
    assert caught.value.cause_response_code == "ConditionalCheckFailedException"
    thread.update(actions=[
        Thread.views.set(Thread.views + 2), Thread.replies.set(Thread.replies.append(["second"])), Thread.tags.delete({"a"}), Thread.marks.add({1, 2}),
        Thread.place.set(Place(city="Bonn")), Thread.details.set(Thread.details | {"a": 1})])
    assert (thread.views, thread.replies, thread.tags, thread.marks, thread.place.city, thread.details) == (3, ["first", "second"], {"b"}, {1, 2}, "Bonn", {"a": 1})
    thread.update(actions=[Thread.place.city.set("Köln"), Thread.replies[0].remove(), Thread.views.add(-1), Thread.details.set(Thread.details | {"a": 2}), Thread.marks.remove()],
                  condition=(Thread.views > 2) & Thread.place.city.startswith("Bo") & ~Thread.image.exists())
    assert (thread.views, thread.replies, thread.marks, thread.place.city, thread.details) == (2, ["second"], None, "Köln", {"a": 1})
    with pytest.raises(UpdateError):
        thread.update(actions=[Thread.views.set(0)], condition=Thread.views > 2)
    with pytest.raises(DeleteError):
        thread.delete(Thread.tags.contains("a"))
    thread.refresh()
    assert thread.views == 2
    thread.delete(Thread.tags.contains("b") & Thread.views.is_in(1, 2))


def test_queries_and_filters():
    with Thread.batch_write() as batch:
        for number in range(40):
            batch.save(Thread(
                "query", f"s{number:02}", forum="even" if number % 2 == 0 else "odd", views=number, tags={f"t{number % 5}"}, open=number < 30,
                posted=datetime.datetime(2024, 1, 1 + number % 28, tzinfo=datetime.timezone.utc)))
    subjects = lambda *arguments, **more: [thread.subject for thread in Thread.query("query", *arguments, **more)]
    every = [f"s{number:02}" for number in range(40)]
    assert subjects() == every and subjects(scan_index_forward=False, limit=3) == every[:-4:-1]
    assert subjects(Thread.subject.startswith("s1")) == every[10:20] and subjects(Thread.subject.between("s05", "s07")) == every[5:8]
    assert subjects(Thread.subject < "s02") == every[:2] and subjects(Thread.subject >= "s38") == every[38:]
    for condition, expected in (
            (Thread.views > 36, every[37:]), (Thread.views.between(3, 4) | (Thread.views == 9), [every[3], every[4], every[9]]),
            (Thread.tags.contains("t3") & (Thread.views < 10), [every[3], every[8]]), (~(Thread.open == True), every[30:]), (Thread.forum.is_in("odd", "x") & (Thread.views <= 3), [every[1], every[3]]),
            (Thread.place.does_not_exist() & (Thread.views != 0), every[1:]), (Thread.open.is_type(), every)):
        assert subjects(filter_condition=condition) == expected, condition
    assert Thread.count("query", filter_condition=Thread.open == True) == 30
    # Through the indexes.
    assert [thread.subject for thread in Thread.by_forum.query("odd", ByForum.views > 33)] == ["s35", "s37", "s39"]
    first = next(iter(Thread.by_forum.query("even", scan_index_forward=False)))
    assert (first.subject, first.tags) == ("s38", {"t3"}) and Thread.by_forum.count("even") == 20
    later = Thread.by_posted.query("query", ByPosted.posted >= datetime.datetime(2024, 1, 28, tzinfo=datetime.timezone.utc), consistent_read=True)
    assert [thread.subject for thread in later] == ["s27"]


def test_pages():
    with Thread.batch_write() as batch:
        for number in range(60):
            batch.save(Thread("pages", f"{number:02}", image=b"x" * 50_000))
    pages = Thread.query("pages", page_size=7)
    assert [thread.subject for thread in pages] == [f"{number:02}" for number in range(60)] and pages.total_count == 60
    # Without a size, a page is a megabyte; it goes on where another one was left.
    some = Thread.query("pages", limit=25)
    assert len([thread for thread in some]) == 25
    rest = [thread.subject for thread in Thread.query("pages", last_evaluated_key=some.last_evaluated_key)]
    assert rest == [f"{number:02}" for number in range(25, 60)]
    found = sorted(thread.subject for segment in range(3) for thread in Thread.scan(Thread.author == "pages", segment=segment, total_segments=3, attributes_to_get=["subject", "author"]))
    assert found == [f"{number:02}" for number in range(60)]
    with Thread.batch_write() as batch:
        for thread in Thread.query("pages", attributes_to_get=["author", "subject"]):
            batch.delete(thread)
    assert Thread.count("pages") == 0


def test_batches_of_reads():
    with Thread.batch_write() as batch:
        for number in range(130):
            batch.save(Thread("batch", f"{number:03}", views=number))
    keys = [("batch", f"{number:03}") for number in range(135)]
    # Two requests, since one has at most 100 keys.
    assert sorted(thread.views for thread in Thread.batch_get(keys, attributes_to_get=["views"])) == list(range(130))


def test_a_version_of_an_item_is_written_once():
    Account("v", balance=1).save()
    assert [account.balance for account in Account.query("v", page_size=1)] == [1]
    mine, yours = Account.get("v"), Account.get("v")
    mine.balance = 2
    mine.save()
    yours.balance = 3
    with pytest.raises(PutError) as caught:
        yours.save()
    assert caught.value.cause_response_code == "ConditionalCheckFailedException" and mine.version == 2

    def deposit():
        for _ in range(10):
            while True:
                account = Account.get("v", consistent_read=True)
                try:
                    account.update(actions=[Account.balance.set(Account.balance + 1)])
                    break
                except UpdateError as error:
                    assert error.cause_response_code == "ConditionalCheckFailedException"
    several = [threading.Thread(target=deposit) for _ in range(4)]
    for thread in several:
        thread.start()
    for thread in several:
        thread.join()
    account = Account.get("v", consistent_read=True)
    assert (account.balance, account.version) == (42, 42)


def test_transactions():
    connection = Connection(region="us-east-1")
    for name, balance in (("from", 10), ("to", 0)):
        Account(name, balance=balance).save()

    def move(amount):
        source, target = Account.get("from"), Account.get("to")
        with TransactWrite(connection=connection) as transaction:
            transaction.update(source, actions=[Account.balance.add(-amount)], condition=Account.balance >= amount)
            transaction.update(target, actions=[Account.balance.add(amount)])
            transaction.condition_check(Account, "closed", condition=Account.id.does_not_exist())
            transaction.save(Thread("log", str(uuid.uuid4()), views=amount), condition=Thread.author.does_not_exist())
    move(7)
    with pytest.raises(TransactWriteError) as caught:
        move(7)
    assert caught.value.cause_response_code == "TransactionCanceledException"
    # It sends checks and what is put before what is changed.
    assert [reason and reason.code for reason in caught.value.cancellation_reasons] == [None, None, "ConditionalCheckFailed", None]
    Account("closed").save()
    with pytest.raises(TransactWriteError):
        move(1)
    with TransactGet(connection=connection) as transaction:
        source, target = (transaction.get(Account, name) for name in ("from", "to"))
        nobody = transaction.get(Account, "nobody")
    assert (source.get().balance, source.get().version, target.get().balance) == (3, 2, 7) and Thread.count("log") == 1
    with pytest.raises(Account.DoesNotExist):
        nobody.get()
    with pytest.raises(TransactGetError):
        with TransactGet(connection=connection) as transaction:
            transaction.get(Account, "x" * 3000)
    # A request that is sent again counts once.
    Thread("log", "count", views=0).save()
    token = str(uuid.uuid4())
    for _ in range(2):
        with TransactWrite(connection=connection, client_request_token=token) as transaction:
            transaction.update(Thread("log", "count"), actions=[Thread.views.add(1)])
    assert Thread.get("log", "count").views == 1
    with TransactWrite(connection=connection) as transaction:
        for name in ("from", "to"):
            transaction.delete(Account.get(name), add_version_condition=True)
    assert list(Account.batch_get(["from", "to"])) == []
