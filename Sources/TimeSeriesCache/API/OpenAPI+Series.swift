// The paths of rows, and of this description.

extension OpenAPI {
  /// Members of `paths`.
  static let seriesPaths: StaticString = #"""
    "/v1/series/{identifier}": {
      "parameters": [{"$ref": "#/components/parameters/identifier"}],
      "get": {
        "operationId": "readRows", "summary": "Read the rows of a series, or bins of them", "tags": ["series"],
        "parameters": [
          {"$ref": "#/components/parameters/from"}, {"$ref": "#/components/parameters/to"},
          {"$ref": "#/components/parameters/limit"}, {"$ref": "#/components/parameters/pageCursor"},
          {"$ref": "#/components/parameters/measures"}, {"$ref": "#/components/parameters/where"},
          {"$ref": "#/components/parameters/bin"}, {"$ref": "#/components/parameters/aggregate"},
          {"$ref": "#/components/parameters/format"}, {"$ref": "#/components/parameters/shape"}
        ],
        "responses": {
          "200": {
            "description": "A page of rows, oldest first: history, then the forecasts after the baseline.",
            "headers": {
              "ETag": {"$ref": "#/components/headers/ETag"}, "Cache-Control": {"$ref": "#/components/headers/Cache-Control"},
              "Vary": {"$ref": "#/components/headers/Vary"}, "X-Next-Cursor": {"$ref": "#/components/headers/X-Next-Cursor"},
              "X-Baseline": {"$ref": "#/components/headers/X-Baseline"}
            },
            "content": {
              "application/json": {"schema": {"$ref": "#/components/schemas/Page"}}, "text/csv": {"schema": {"type": "string"}},
              "application/x-ndjson": {"schema": {"type": "string"}}
            }
          },
          "304": {"$ref": "#/components/responses/NotModified"}, "400": {"$ref": "#/components/responses/BadRequest"},
          "401": {"$ref": "#/components/responses/Unauthorized"}, "403": {"$ref": "#/components/responses/Forbidden"},
          "404": {"$ref": "#/components/responses/NotFound"}, "413": {"$ref": "#/components/responses/TooLarge"},
          "414": {"$ref": "#/components/responses/TooLong"}, "429": {"$ref": "#/components/responses/Throttled"},
          "500": {"$ref": "#/components/responses/NotPacked"}, "502": {"$ref": "#/components/responses/StoreFailed"},
          "503": {"$ref": "#/components/responses/Unavailable"}, "504": {"$ref": "#/components/responses/TimedOut"}
        }
      },
      "put": {
        "operationId": "putSeries",
        "summary": "Register a series that a source knows, or give it another source and other attributes",
        "description": "Needs a key of all buckets that allows admin. What was registered before stays as old as it is, and keeps its status. The first fetch comes with the next schedule.",
        "tags": ["registry"],
        "requestBody": {
          "required": false,
          "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Registration"}}}
        },
        "responses": {
          "200": {
            "description": "It was registered before.",
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Series"}}}
          },
          "201": {
            "description": "It is new.",
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Series"}}}
          },
          "400": {"$ref": "#/components/responses/BadRequest"}, "401": {"$ref": "#/components/responses/Unauthorized"},
          "403": {"$ref": "#/components/responses/Forbidden"}, "409": {"$ref": "#/components/responses/Conflict"},
          "413": {"$ref": "#/components/responses/TooLarge"}, "414": {"$ref": "#/components/responses/TooLong"},
          "429": {"$ref": "#/components/responses/Throttled"}, "502": {"$ref": "#/components/responses/StoreFailed"},
          "503": {"$ref": "#/components/responses/Unavailable"}, "504": {"$ref": "#/components/responses/TimedOut"}
        }
      },
      "delete": {
        "operationId": "deleteSeries", "summary": "Remove a series from the table",
        "description": "Needs a key that allows admin. Rows stay in the stores until they expire.",
        "tags": ["registry"],
        "responses": {
          "204": {"description": "It is removed."}, "400": {"$ref": "#/components/responses/BadRequest"},
          "401": {"$ref": "#/components/responses/Unauthorized"}, "403": {"$ref": "#/components/responses/Forbidden"},
          "404": {"$ref": "#/components/responses/NotFound"}, "413": {"$ref": "#/components/responses/TooLarge"},
          "414": {"$ref": "#/components/responses/TooLong"}, "429": {"$ref": "#/components/responses/Throttled"},
          "502": {"$ref": "#/components/responses/StoreFailed"}, "503": {"$ref": "#/components/responses/Unavailable"},
          "504": {"$ref": "#/components/responses/TimedOut"}
        }
      }
    },
    "/v1/rows": {
      "get": {
        "operationId": "readRowsByID",
        "summary": "As /v1/series/{identifier}, with the identifier in the query, where every one arrives whole",
        "tags": ["series"],
        "parameters": [
          {"$ref": "#/components/parameters/id"}, {"$ref": "#/components/parameters/from"},
          {"$ref": "#/components/parameters/to"}, {"$ref": "#/components/parameters/limit"},
          {"$ref": "#/components/parameters/pageCursor"}, {"$ref": "#/components/parameters/measures"},
          {"$ref": "#/components/parameters/where"}, {"$ref": "#/components/parameters/bin"},
          {"$ref": "#/components/parameters/aggregate"}, {"$ref": "#/components/parameters/format"},
          {"$ref": "#/components/parameters/shape"}
        ],
        "responses": {
          "200": {
            "description": "A page of rows, oldest first: history, then the forecasts after the baseline.",
            "headers": {
              "ETag": {"$ref": "#/components/headers/ETag"}, "Cache-Control": {"$ref": "#/components/headers/Cache-Control"},
              "Vary": {"$ref": "#/components/headers/Vary"}, "X-Next-Cursor": {"$ref": "#/components/headers/X-Next-Cursor"},
              "X-Baseline": {"$ref": "#/components/headers/X-Baseline"}
            },
            "content": {
              "application/json": {"schema": {"$ref": "#/components/schemas/Page"}}, "text/csv": {"schema": {"type": "string"}},
              "application/x-ndjson": {"schema": {"type": "string"}}
            }
          },
          "304": {"$ref": "#/components/responses/NotModified"}, "400": {"$ref": "#/components/responses/BadRequest"},
          "401": {"$ref": "#/components/responses/Unauthorized"}, "403": {"$ref": "#/components/responses/Forbidden"},
          "404": {"$ref": "#/components/responses/NotFound"}, "413": {"$ref": "#/components/responses/TooLarge"},
          "414": {"$ref": "#/components/responses/TooLong"}, "429": {"$ref": "#/components/responses/Throttled"},
          "500": {"$ref": "#/components/responses/NotPacked"}, "502": {"$ref": "#/components/responses/StoreFailed"},
          "503": {"$ref": "#/components/responses/Unavailable"}, "504": {"$ref": "#/components/responses/TimedOut"}
        }
      }
    },
    "/timeSeries-data": {
      "get": {
        "operationId": "readReference",
        "summary": "The route of aws-samples/aws-time-series-timestream-cache, with its answer",
        "tags": ["series"],
        "parameters": [
          {"$ref": "#/components/parameters/startDate"}, {"$ref": "#/components/parameters/endDate"},
          {"$ref": "#/components/parameters/referenceIdentifier"}
        ],
        "responses": {
          "200": {
            "description": "History newest first, forecasts oldest first.",
            "headers": {
              "ETag": {"$ref": "#/components/headers/ETag"}, "Cache-Control": {"$ref": "#/components/headers/Cache-Control"},
              "Vary": {"$ref": "#/components/headers/Vary"}
            },
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/ReferenceAnswer"}}}
          },
          "304": {"$ref": "#/components/responses/NotModified"}, "400": {"$ref": "#/components/responses/BadRequest"},
          "401": {"$ref": "#/components/responses/Unauthorized"}, "403": {"$ref": "#/components/responses/Forbidden"},
          "413": {"$ref": "#/components/responses/TooLarge"}, "414": {"$ref": "#/components/responses/TooLong"},
          "429": {"$ref": "#/components/responses/Throttled"}, "500": {"$ref": "#/components/responses/NotPacked"},
          "502": {"$ref": "#/components/responses/StoreFailed"}, "503": {"$ref": "#/components/responses/Unavailable"},
          "504": {"$ref": "#/components/responses/TimedOut"}
        }
      }
    },
    "/openapi.json": {
      "get": {
        "operationId": "readDescription", "summary": "This description", "tags": ["description"], "security": [],
        "responses": {
          "200": {
            "description": "OpenAPI 3.1.",
            "headers": {
              "ETag": {"$ref": "#/components/headers/ETag"}, "Cache-Control": {"$ref": "#/components/headers/Cache-Control"},
              "Vary": {"$ref": "#/components/headers/Vary"}
            },
            "content": {"application/json": {"schema": {"type": "object"}}}
          },
          "304": {"$ref": "#/components/responses/NotModified"}, "500": {"$ref": "#/components/responses/NotPacked"}
        }
      }
    }
    """#
}
