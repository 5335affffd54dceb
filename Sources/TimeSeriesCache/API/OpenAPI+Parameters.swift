// The parameters of all paths.

extension OpenAPI {
  /// Members of `components.parameters`.
  static let parameters: StaticString = #"""
    "identifier": {
      "name": "identifier", "in": "path", "required": true, "schema": {"$ref": "#/components/schemas/Identifier"},
      "description": "The series, percent-encoded; slashes may stay as they are. A path that ends in /status, /latest or /statistics is that view: for an identifier which ends so itself, and for one with a question mark behind an HTTP API, use /v1/rows?id= and the like."
    },
    "id": {
      "name": "id", "in": "query", "description": "The series' identifier.",
      "schema": {"$ref": "#/components/schemas/Identifier"}, "required": true
    },
    "manyID": {
      "name": "id", "in": "query",
      "description": "A series' identifier; give it as often as there are series.",
      "schema": {"type": "array", "items": {"$ref": "#/components/schemas/Identifier"}, "maxItems": 200},
      "style": "form", "explode": true
    },
    "ids": {
      "name": "ids", "in": "query",
      "description": "Identifiers with commas between, none of which has a comma itself; beside or in place of id.",
      "schema": {"type": "string"}
    },
    "from": {
      "name": "from", "in": "query",
      "description": "Inclusive: epoch milliseconds, ISO 8601, now, now-24h or now+2d. A day ago where it is absent.",
      "schema": {"type": "string", "examples": ["now-24h", "2026-11-20T12:00Z", "1795189500000"]}
    },
    "to": {
      "name": "to", "in": "query", "description": "Inclusive. In a day where it is absent.",
      "schema": {"type": "string", "examples": ["now-24h", "2026-11-20T12:00Z", "1795189500000"]}
    },
    "limit": {
      "name": "limit", "in": "query", "description": "The most rows, or bins, of a page. A page ends earlier where its rows fill 5 MB, and has at most 10,000 bins.",
      "schema": {"type": "integer", "minimum": 1, "maximum": 50000, "default": 1000}
    },
    "pageCursor": {
      "name": "cursor", "in": "query", "description": "next of the page before; from and to are then ignored, and the other parameters stay as they were.",
      "schema": {"type": "string"}
    },
    "measures": {
      "name": "measures", "in": "query", "description": "Names with commas between; all where it is absent.",
      "schema": {"type": "string"}
    },
    "where": {
      "name": "where", "in": "query",
      "description": "Only rows whose measure compares so: value>5, state=='on', open!=true. ==, !=, <, <=, >, >=; double quotes around a name with blanks or signs.",
      "schema": {"type": "string", "maxLength": 2500}
    },
    "bin": {
      "name": "bin", "in": "query",
      "description": "Rows of bins of this width, 1s to 366d, in the place of the series' own; not beside where.",
      "schema": {"type": "string", "examples": ["10m"]}
    },
    "aggregate": {
      "name": "aggregate", "in": "query",
      "description": "What is wanted of each bin, with commas between: avg, min, max, first, last, count, sum, increase. avg where it is absent. With several, a measure's name ends in _avg and so on.",
      "schema": {"type": "string", "examples": ["avg,max"]}
    },
    "format": {
      "name": "format", "in": "query", "description": "Where it is absent, the header Accept decides.",
      "schema": {"type": "string", "enum": ["json", "csv", "ndjson"]}
    },
    "shape": {
      "name": "shape", "in": "query",
      "description": "Of CSV: wide has a line an instant and a column a measure; flat has a line a value: time,series,measure,value,origin.",
      "schema": {"type": "string", "enum": ["wide", "flat"], "default": "wide"}
    },
    "threshold": {
      "name": "threshold", "in": "query",
      "description": "How many standard deviations from the mean make an outlier.",
      "schema": {"type": "number", "exclusiveMinimum": 0, "maximum": 1000, "default": 3}
    },
    "prefix": {
      "name": "prefix", "in": "query", "description": "What the identifiers begin with.",
      "schema": {"type": "string", "maxLength": 2000}
    },
    "listLimit": {
      "name": "limit", "in": "query", "description": "The most series of a page, which may have fewer.",
      "schema": {"type": "integer", "minimum": 1, "maximum": 1000, "default": 100}
    },
    "listCursor": {"name": "cursor", "in": "query", "description": "next of the page before.", "schema": {"type": "string"}},
    "startDate": {
      "name": "startDate", "in": "query", "description": "Inclusive, epoch milliseconds.", "schema": {"type": "integer"},
      "required": true
    },
    "endDate": {
      "name": "endDate", "in": "query", "description": "Inclusive, epoch milliseconds.", "schema": {"type": "integer"},
      "required": true
    },
    "referenceIdentifier": {
      "name": "identifier", "in": "query", "description": "The series.", "schema": {"$ref": "#/components/schemas/Identifier"},
      "required": true
    },
    "org": {"name": "org", "in": "query", "description": "Not used.", "schema": {"type": "string"}},
    "bucket": {
      "name": "bucket", "in": "query", "description": "Owns the series that this write is the first of.",
      "schema": {"type": "string"}, "required": true
    },
    "precision": {
      "name": "precision", "in": "query", "description": "The unit of times.",
      "schema": {"type": "string", "enum": ["ns", "us", "ms", "s"], "default": "ns"}
    },
    "db": {"name": "db", "in": "query", "description": "The bucket.", "schema": {"type": "string"}, "required": true},
    "rp": {
      "name": "rp", "in": "query", "description": "The retention policy: db/rp is then the bucket.",
      "schema": {"type": "string"}
    },
    "precisionV1": {
      "name": "precision", "in": "query", "description": "The unit of times.",
      "schema": {"type": "string", "enum": ["n", "ns", "u", "us", "ms", "s", "m", "h"], "default": "ns"}
    },
    "u": {"name": "u", "in": "query", "description": "Any name.", "schema": {"type": "string"}},
    "p": {"name": "p", "in": "query", "description": "The key.", "schema": {"type": "string"}},
    "promQuery": {
      "name": "query", "in": "query",
      "description": "A selector, a function of one (avg_over_time, rate, increase …), or arithmetic between one and a number.",
      "schema": {"type": "string"}, "required": true
    },
    "promTime": {
      "name": "time", "in": "query", "description": "Epoch seconds or RFC 3339; now where it is absent.",
      "schema": {"type": "string"}
    },
    "promTimeout": {
      "name": "timeout", "in": "query",
      "description": "How long to wait at most; the function's own time bounds it too.",
      "schema": {"type": "string"}
    },
    "promLookback": {
      "name": "lookback_delta", "in": "query",
      "description": "How old the newest value of an instant may be; 5m where it is absent.",
      "schema": {"type": "string"}
    },
    "promStart": {
      "name": "start", "in": "query",
      "description": "Epoch seconds or RFC 3339; checked, but what is registered has no times.", "schema": {"type": "string"}
    },
    "promEnd": {
      "name": "end", "in": "query",
      "description": "Epoch seconds or RFC 3339; checked, but what is registered has no times.", "schema": {"type": "string"}
    },
    "promFirst": {
      "name": "start", "in": "query", "description": "The first step: epoch seconds or RFC 3339.",
      "schema": {"type": "string"}, "required": true
    },
    "promLast": {
      "name": "end", "in": "query", "description": "The last step is then or before: epoch seconds or RFC 3339.",
      "schema": {"type": "string"}, "required": true
    },
    "promStep": {
      "name": "step", "in": "query", "description": "Seconds, or a length of time such as 5m.", "schema": {"type": "string"},
      "required": true
    },
    "promMatch": {
      "name": "match[]", "in": "query", "description": "A selector; give it as often as there are any.",
      "schema": {"type": "array", "items": {"type": "string"}, "maxItems": 20}, "style": "form", "explode": true
    },
    "promLimit": {
      "name": "limit", "in": "query", "description": "The most that are given; 0 for all.",
      "schema": {"type": "integer", "minimum": 0}
    },
    "labelName": {
      "name": "name", "in": "path", "required": true, "description": "The label's name.",
      "schema": {"type": "string", "minLength": 1}
    }
    """#
}
