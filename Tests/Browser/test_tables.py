"""The console's view of DynamoDB's items."""

import json

import pytest
from playwright.sync_api import expect

from system import HOSTILE_TEXT
from test_console import nothing_became_markup, visit

TARGET = "DynamoDB_20120810."
HOSTILE = "<b>hostile</b>"


@pytest.fixture(scope="module")
def things(system):
    system.done("dynamodb", TARGET + "CreateTable", {
        "TableName": "things", "BillingMode": "PAY_PER_REQUEST", "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}]})
    for number in range(60):
        put(system, {"id": {"S": f"thing {number:02}"}, "count": {"N": str(number)}})
    put(system, {"id": {"S": HOSTILE}, HOSTILE_TEXT: {"S": HOSTILE_TEXT}, "list": {"L": [{"S": "<i>"}]}})
    return system


def put(system, item):
    system.done("dynamodb", TARGET + "PutItem", {"TableName": "things", "Item": item})


def get(system, name):
    return system.done("dynamodb", TARGET + "GetItem", {"TableName": "things", "Key": {"id": {"S": name}}}).get("Item")


def find(page, attribute, value, operator="=", kind="text"):
    page.get_by_label("Filter", exact=True).fill(attribute)
    page.get_by_label("How to compare").select_option(operator)
    page.get_by_label("Value", exact=True).fill(value)
    page.get_by_label("Kind of value").select_option(kind)
    page.get_by_role("button", name="Filter", exact=True).click()


def test_items_are_filtered_and_paged(tab, things):
    page = visit(tab, "tables")
    page.get_by_label("Table", exact=True).select_option("things")
    lines = page.locator("tbody tr")
    expect(lines).to_have_count(50)
    page.get_by_role("button", name="After").click()
    expect(lines).to_have_count(11)
    expect(page.get_by_role("button", name="After")).to_be_disabled()
    page.get_by_role("button", name="Before").click()
    expect(lines).to_have_count(50)
    find(page, "count", "55", ">", "number")
    expect(lines).to_have_count(4)
    find(page, "id", "thing 0", "begins with")
    expect(lines).to_have_count(10)
    find(page, "id", "no such thing")
    expect(page.get_by_text("No items")).to_be_visible()


def test_an_item_is_made_changed_and_deleted_by_keys(tab, things):
    page = visit(tab, "tables", t="things")
    page.get_by_role("button", name="New item").click()
    page.get_by_label("Item", exact=True).fill(json.dumps({"id": {"S": "made"}, "size": {"N": "1"}}))
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("The item is made.")).to_be_visible()
    find(page, "id", "made")
    # What was shown before had the item, too.
    expect(page.locator("tbody tr")).to_have_count(1)
    page.get_by_role("button", name="Edit made").focus()
    page.keyboard.press("Enter")
    page.get_by_label("Item", exact=True).fill(json.dumps({"id": {"S": "made"}, "size": {"N": "2"}, "new": {"BOOL": True}}))
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_text("The item is changed.")).to_be_visible()
    assert get(things, "made") == {"id": {"S": "made"}, "size": {"N": "2"}, "new": {"BOOL": True}}
    page.get_by_role("button", name="Delete made").click()
    page.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    assert get(things, "made")
    page.get_by_role("button", name="Delete made").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_text("made is deleted.")).to_be_visible()
    assert get(things, "made") is None


def test_what_somebody_else_changed_is_not_overwritten(tab, things):
    tab.expected = ["status of 400"]
    put(things, {"id": {"S": "shared"}, "v": {"N": "1"}})
    page = visit(tab, "tables", t="things")
    find(page, "id", "shared")
    page.get_by_role("button", name="Edit shared").click()
    put(things, {"id": {"S": "shared"}, "v": {"N": "2"}})
    field = page.get_by_label("Item", exact=True)
    field.fill(json.dumps({"id": {"S": "shared"}, "v": {"N": "9"}}))
    save = page.get_by_role("button", name="Save", exact=True)
    save.click()
    expect(page.get_by_role("alert")).to_contain_text("Somebody has changed or deleted this item meanwhile")
    assert get(things, "shared") == {"id": {"S": "shared"}, "v": {"N": "2"}}
    for text, words in (("{", "This is no JSON"), ("[]", "An item is an object"), ('{"id": {"S": "other"}}', "The key (id) stays"), ('{"id": {"S": "shared"}, "v": {"N": "<b>"}}', "ValidationException")):
        field.fill(text)
        save.click()
        expect(page.get_by_role("alert")).to_contain_text(words)


def test_what_somebody_else_has_added_stays(tab, things):
    put(things, {"id": {"S": "shared"}, "v": {"N": "1"}, "gone": {"S": "x"}})
    page = visit(tab, "tables", t="things")
    find(page, "id", "shared")
    page.get_by_role("button", name="Edit shared").click()
    put(things, {"id": {"S": "shared"}, "v": {"N": "1"}, "gone": {"S": "x"}, "theirs": {"L": [{"S": "kept"}]}})
    page.get_by_label("Item", exact=True).fill(json.dumps({"id": {"S": "shared"}, "v": {"N": "2"}, "mine": {"M": {}}}))
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("The item is changed.")).to_be_visible()
    assert get(things, "shared") == {"id": {"S": "shared"}, "v": {"N": "2"}, "mine": {"M": {}}, "theirs": {"L": [{"S": "kept"}]}}


def test_attributes_may_be_called_as_members_of_every_object_are(tab, things):
    put(things, {"id": {"S": "object"}, "valueOf": {"S": "x"}})
    page = visit(tab, "tables", t="things")
    find(page, "id", "object")
    page.get_by_role("button", name="Edit object").click()
    mine = {"id": {"S": "object"}, "constructor": {"S": "c"}, "toString": {"N": "1"}}
    page.get_by_label("Item", exact=True).fill(json.dumps(mine))
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("The item is changed.")).to_be_visible()
    assert get(things, "object") == mine


def test_of_an_item_with_many_attributes_those_that_are_edited_are_compared(tab, things):
    tab.expected = ["status of 400"]
    many = {"id": {"S": "many"}} | {f"attribute {number}": {"N": str(number)} for number in range(400)}
    put(things, many)
    page = visit(tab, "tables", t="things")
    find(page, "id", "many")
    page.get_by_role("button", name="Edit many").click()
    theirs = many | {"attribute 7": {"N": "70"}}
    put(things, theirs)
    field, save = page.get_by_label("Item", exact=True), page.get_by_role("button", name="Save", exact=True)
    field.fill(json.dumps(many | {"attribute 7": {"N": "77"}}))
    save.click()
    expect(page.get_by_role("alert")).to_contain_text("Somebody has changed or deleted this item meanwhile")
    assert get(things, "many") == theirs
    field.fill(json.dumps(many | {"attribute 8": {"N": "88"}, "new": {"S": "x"}}))
    save.click()
    expect(page.get_by_text("The item is changed.")).to_be_visible()
    assert get(things, "many") == theirs | {"attribute 8": {"N": "88"}, "new": {"S": "x"}}


def test_items_are_never_markup_and_a_table_that_is_not_there_is_told(tab, things):
    page = visit(tab, "tables", t="things")
    find(page, "list", "", "exists")
    expect(page.get_by_role("columnheader").nth(1)).to_have_text(HOSTILE_TEXT)
    expect(page.locator("tbody td").first).to_have_text(HOSTILE)
    page.get_by_role("button", name=f"Delete {HOSTILE}").click()
    expect(page.get_by_role("dialog").locator("p")).to_have_text(HOSTILE)
    page.keyboard.press("Escape")
    nothing_became_markup(page)
    page = visit(tab, "tables", t=HOSTILE_TEXT)
    expect(page.locator(".state")).to_contain_text(HOSTILE_TEXT)
    nothing_became_markup(page)
