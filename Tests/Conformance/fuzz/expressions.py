"""DynamoDB: expressions by grammar and by mutation, and items that are odd."""

from . import hostile

NAMES = ["pk", "sk", "a", "b", "#a", "#b", "#missing", "a.b", "a[0]", "#a[1].b", "a.b.c.d", "size", "a[99999999999]", "a[-1]", "é", "_x", "a-b", "pk[0]"]
VALUES = [":s", ":n", ":b", ":l", ":m", ":ss", ":ns", ":bs", ":null", ":t", ":missing", ":e"]
BINDINGS = {
    ":s": {"S": "x"}, ":n": {"N": "1"}, ":b": {"B": "AAE="}, ":l": {"L": [{"N": "1"}, {"S": "a"}]}, ":m": {"M": {"b": {"S": "y"}}}, ":ss": {"SS": ["a", "b"]}, ":ns": {"NS": ["1", "2"]},
    ":bs": {"BS": ["AA==", "AQ=="]}, ":null": {"NULL": True}, ":t": {"S": "S"}, ":e": {"S": ""}}


class Expressions:
    def __init__(self, random):
        self.random = random

    def name(self):
        return self.random.choice(NAMES)

    def operand(self, depth=0):
        kind = self.random.random()
        if kind < 0.4:
            return self.name()
        return f"size({self.name()})" if kind < 0.5 else self.random.choice(VALUES)

    def condition(self, depth=0):
        random = self.random
        if depth < 4 and random.random() < 0.4:
            return random.choice([
                lambda: f"({self.condition(depth + 1)} AND {self.condition(depth + 1)})", lambda: f"{self.condition(depth + 1)} OR {self.condition(depth + 1)}",
                lambda: f"NOT {self.condition(depth + 1)}", lambda: f"(({self.condition(depth + 1)}))"])()
        one, other = self.operand(), self.operand()
        return random.choice([
            f"{one} {random.choice(['=', '<>', '<', '<=', '>', '>=', '==', '!='])} {other}", f"{one} BETWEEN {other} AND {self.operand()}",
            f"{one} IN ({', '.join(self.operand() for _ in range(random.choice([1, 2, 100, 101])))})", f"attribute_exists({one})", f"attribute_not_exists({one})",
            f"attribute_type({one}, {other})", f"begins_with({one}, {other})", f"contains({one}, {other})", f"contains({one})", f"nothing({one})"])

    def update(self):
        random = self.random

        def action(clause):
            if clause == "SET":
                value = random.choice([
                    self.operand(), f"{self.operand()} + {self.operand()}", f"{self.operand()} - {self.operand()}", f"if_not_exists({self.name()}, {self.operand()})",
                    f"list_append({self.operand()}, {self.operand()})", f"if_not_exists({self.name()}, list_append({self.operand()}, :l))"])
                return f"{self.name()} = {value}"
            return self.name() if clause == "REMOVE" else f"{self.name()} {random.choice(VALUES)}"

        clauses = random.sample(["SET", "REMOVE", "ADD", "DELETE"], random.choice([1, 1, 2, 4])) + random.choice([[], [], ["SET"]])
        return " ".join(f"{clause} {', '.join(action(clause) for _ in range(random.choice([1, 1, 2, 30])))}" for clause in clauses)

    def key(self):
        return self.random.choice([
            "pk = :s", "pk = :s AND sk = :n", "pk = :s AND sk BETWEEN :n AND :n", "pk = :s AND begins_with(sk, :n)", "sk = :n", "pk > :s", "pk = :s OR pk = :s", "#a = :s AND sk > :missing",
            self.condition(), "pk = :e", "(pk = :s) AND (sk <= :n)", "pk = :s AND sk = :n AND a = :s"])

    def broken(self, text):
        """The text, mostly as it is."""
        random = self.random
        if random.random() < 0.75:
            return text
        place = random.randint(0, len(text))
        return random.choice([
            text[:place], text[:place] + random.choice(["(", ")", " AND ", ",", "#", ":", ".", "[", "]", "\0", "é", "="]) + text[place:], text * random.choice([2, 60]), "(" * 400 + text + ")" * 400,
            "NOT " * 301 + text, " AND ".join([text] * 320), "x" * 5000, " "])

    def value(self, depth=0):
        random = self.random
        kind = random.random()
        if kind < 0.35:
            return {"S": random.choice(hostile.TEXTS)}
        if kind < 0.6:
            return {"N": random.choice(hostile.TEXTS[-30:] + [
                "1e125", "-1e125", "1e126", "1e-130", "1e-131", "0." + "0" * 200 + "1", "1" * 38, "1" * 39, "+1", "1.", ".5", "0x1", "1e+5", "-0", "1E400", "1e-9223372036854775808", "1_000"])}
        if kind < 0.7:
            return {"B": random.choice(["", "AA==", "A", "é", "AAE="])}
        if kind < 0.78:
            kind = random.choice(["SS", "NS", "BS"])
            return {kind: [random.choice(["1", "1.0", "01", "a", "e\u0301", "é", "", "AA=="]) for _ in range(random.choice([0, 1, 2, 5]))]}
        if kind < 0.88 and depth < 40:
            inner = self.value(depth + random.choice([1, 20]))
            for _ in range(random.choice([0, 1, 30, 40]) if depth == 0 else 0):
                inner = {"L": [inner]} if random.random() < 0.5 else {"M": {"a": inner}}
            return {"L": [inner]} if random.random() < 0.5 else {"M": {random.choice(hostile.TEXTS): inner}}
        return random.choice([{"NULL": True}, {"NULL": False}, {"BOOL": False}, {}, {"S": "a", "N": "1"}, {"X": 1}, None, "S", {"S": None}, {"L": {}}])

    def item(self):
        random = self.random
        item = {"pk": {"S": random.choice(["x", "y", "z"])}, "sk": {"N": str(random.randrange(4))}}
        for _ in range(random.choice([0, 1, 2, 4])):
            item[random.choice(["a", "b", "size"] + hostile.TEXTS)] = self.value()
        return item

    def members(self, **texts):
        """A request's names and values, and the expressions that use them."""
        random = self.random
        members = {name: self.broken(text) for name, text in texts.items()}
        used = " ".join(members.values())
        values = {name: value for name, value in BINDINGS.items() if name in used or random.random() < 0.02}
        if values and random.random() < 0.1:
            values[random.choice(list(values))] = self.value()
        if values or random.random() < 0.02:
            members["ExpressionAttributeValues"] = values
        names = {name: path for name, path in {"#a": "a", "#b": random.choice(["b", "a.b", "é", "size"])}.items() if name in used or random.random() < 0.02}
        if names:
            members["ExpressionAttributeNames"] = names
        return members

    def request(self):
        random = self.random
        item = self.item()
        key = {"pk": item["pk"], "sk": item["sk"]}
        table = {"TableName": "fuzz"}
        condition = {"ConditionExpression": self.condition()} if random.random() < 0.6 else {}
        returned = {"ReturnValues": random.choice(["NONE", "ALL_OLD", "ALL_NEW", "UPDATED_OLD", "UPDATED_NEW", "x"])} if random.random() < 0.5 else {}
        put, delete = table | {"Item": item} | self.members(**condition), table | {"Key": key} | self.members(**condition)
        update = table | {"Key": key} | self.members(UpdateExpression=self.update(), **condition)
        projection = {"ProjectionExpression": ", ".join(self.name() for _ in range(random.choice([1, 2, 3])))} if random.random() < 0.5 else {}
        get = table | {"Key": key} | self.members(**projection)
        name, value = random.choice([
            ("PutItem", put | returned), ("DeleteItem", delete | returned), ("UpdateItem", update | returned), ("UpdateItem", update), ("GetItem", get),
            ("Query", table | self.members(KeyConditionExpression=self.key(), FilterExpression=self.condition(), **projection) | {"Limit": random.choice([1, 2, 1000])}),
            ("Scan", table | self.members(FilterExpression=self.condition(), **projection) | random.choice([{}, {"Segment": 0, "TotalSegments": 3}, {"ExclusiveStartKey": key}, {"Select": "COUNT"}])),
            ("BatchWriteItem", {"RequestItems": {"fuzz": [random.choice([{"PutRequest": {"Item": self.item()}}, {"DeleteRequest": {"Key": key}}]) for _ in range(random.choice([0, 1, 3, 25, 26]))]}}),
            ("BatchGetItem", {"RequestItems": {"fuzz": {"Keys": [{"pk": {"S": "x"}, "sk": {"N": str(n)}} for n in range(random.choice([1, 3, 101]))]} | self.members(**projection)}}),
            ("TransactWriteItems", {"TransactItems": [
                random.choice([{"Put": put}, {"Delete": delete}, {"Update": update}, {"ConditionCheck": table | {"Key": key} | self.members(ConditionExpression=self.condition())}])
                for _ in range(random.choice([1, 2, 4]))], "ClientRequestToken": random.choice(["t", "u", "é", "x" * 37])}),
            ("TransactGetItems", {"TransactItems": [{"Get": get}] * random.choice([1, 2, 101])}), ("DescribeTable", table), ("UpdateTimeToLive", table | {"TimeToLiveSpecification": {
                "AttributeName": random.choice(["ttl", "é", ""]), "Enabled": random.random() < 0.5}}), ("ListTables", {"Limit": random.choice([1, 0, 101])})])
        return name, hostile.mutated(random, value) if random.random() < 0.25 else value
