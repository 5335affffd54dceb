// The paths of the identifiers' table.

extension OpenAPI {
  /// Members of `paths`.
  static let registryPaths: StaticString = #"""
    "/v1/series": {
      "get": {
        "operationId": "listSeries",
        "summary": "List the series that the key may read, in the table's own order",
        "tags": ["registry"],
        "parameters": [
          {"$ref": "#/components/parameters/prefix"}, {"$ref": "#/components/parameters/listLimit"},
          {"$ref": "#/components/parameters/listCursor"}
        ],
        "responses": {
          "200": {
            "description": "A page of series.",
            "headers": {
              "ETag": {"$ref": "#/components/headers/ETag"}, "Cache-Control": {"$ref": "#/components/headers/Cache-Control"},
              "Vary": {"$ref": "#/components/headers/Vary"}
            },
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/SeriesList"}}}
          },
          "304": {"$ref": "#/components/responses/NotModified"}, "400": {"$ref": "#/components/responses/BadRequest"},
          "401": {"$ref": "#/components/responses/Unauthorized"}, "403": {"$ref": "#/components/responses/Forbidden"},
          "413": {"$ref": "#/components/responses/TooLarge"}, "414": {"$ref": "#/components/responses/TooLong"},
          "429": {"$ref": "#/components/responses/Throttled"}, "500": {"$ref": "#/components/responses/NotPacked"},
          "502": {"$ref": "#/components/responses/StoreFailed"}, "503": {"$ref": "#/components/responses/Unavailable"},
          "504": {"$ref": "#/components/responses/TimedOut"}
        }
      },
      "put": {
        "operationId": "putSeriesByID",
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
        },
        "parameters": [{"$ref": "#/components/parameters/id"}]
      },
      "delete": {
        "operationId": "deleteSeriesByID", "summary": "Remove a series from the table",
        "description": "Needs a key that allows admin. Rows stay in the stores until they expire.",
        "tags": ["registry"],
        "responses": {
          "204": {"description": "It is removed."}, "400": {"$ref": "#/components/responses/BadRequest"},
          "401": {"$ref": "#/components/responses/Unauthorized"}, "403": {"$ref": "#/components/responses/Forbidden"},
          "404": {"$ref": "#/components/responses/NotFound"}, "413": {"$ref": "#/components/responses/TooLarge"},
          "414": {"$ref": "#/components/responses/TooLong"}, "429": {"$ref": "#/components/responses/Throttled"},
          "502": {"$ref": "#/components/responses/StoreFailed"}, "503": {"$ref": "#/components/responses/Unavailable"},
          "504": {"$ref": "#/components/responses/TimedOut"}
        },
        "parameters": [{"$ref": "#/components/parameters/id"}]
      }
    },
    "/v1/series/{identifier}/status": {
      "parameters": [{"$ref": "#/components/parameters/identifier"}],
      "get": {
        "operationId": "readStatus", "summary": "See how a series has fared", "tags": ["registry"],
        "responses": {
          "200": {
            "description": "Its entry in the table.",
            "headers": {
              "ETag": {"$ref": "#/components/headers/ETag"}, "Cache-Control": {"$ref": "#/components/headers/Cache-Control"},
              "Vary": {"$ref": "#/components/headers/Vary"}
            },
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Series"}}}
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
    "/v1/status": {
      "get": {
        "operationId": "readStatusByID", "summary": "As /v1/series/{identifier}/status", "tags": ["registry"],
        "parameters": [{"$ref": "#/components/parameters/id"}],
        "responses": {
          "200": {
            "description": "Its entry in the table.",
            "headers": {
              "ETag": {"$ref": "#/components/headers/ETag"}, "Cache-Control": {"$ref": "#/components/headers/Cache-Control"},
              "Vary": {"$ref": "#/components/headers/Vary"}
            },
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Series"}}}
          },
          "304": {"$ref": "#/components/responses/NotModified"}, "400": {"$ref": "#/components/responses/BadRequest"},
          "401": {"$ref": "#/components/responses/Unauthorized"}, "403": {"$ref": "#/components/responses/Forbidden"},
          "404": {"$ref": "#/components/responses/NotFound"}, "413": {"$ref": "#/components/responses/TooLarge"},
          "414": {"$ref": "#/components/responses/TooLong"}, "429": {"$ref": "#/components/responses/Throttled"},
          "500": {"$ref": "#/components/responses/NotPacked"}, "502": {"$ref": "#/components/responses/StoreFailed"},
          "503": {"$ref": "#/components/responses/Unavailable"}, "504": {"$ref": "#/components/responses/TimedOut"}
        }
      }
    }
    """#
}
