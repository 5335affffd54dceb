// The paths of newest rows and of statistics.

extension OpenAPI {
  /// Members of `paths`.
  static let viewPaths: StaticString = #"""
    "/v1/series/{identifier}/latest": {
      "parameters": [{"$ref": "#/components/parameters/identifier"}],
      "get": {
        "operationId": "readLatest",
        "summary": "Read the newest row of a series, or its next forecast where it has no history",
        "tags": ["series"],
        "responses": {
          "200": {
            "description": "The row.",
            "headers": {
              "ETag": {"$ref": "#/components/headers/ETag"}, "Cache-Control": {"$ref": "#/components/headers/Cache-Control"},
              "Vary": {"$ref": "#/components/headers/Vary"}
            },
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Latest"}}}
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
    "/v1/series/{identifier}/statistics": {
      "parameters": [{"$ref": "#/components/parameters/identifier"}],
      "get": {
        "operationId": "readStatistics", "summary": "Read what the values of a range are like", "tags": ["series"],
        "parameters": [
          {"$ref": "#/components/parameters/from"}, {"$ref": "#/components/parameters/to"},
          {"$ref": "#/components/parameters/threshold"}
        ],
        "responses": {
          "200": {
            "description": "The statistics of each measure.",
            "headers": {
              "ETag": {"$ref": "#/components/headers/ETag"}, "Cache-Control": {"$ref": "#/components/headers/Cache-Control"},
              "Vary": {"$ref": "#/components/headers/Vary"}
            },
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Statistics"}}}
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
    "/v1/latest": {
      "get": {
        "operationId": "readLatestOfMany", "summary": "Read the newest row of each of up to 200 series", "tags": ["series"],
        "parameters": [{"$ref": "#/components/parameters/manyID"}, {"$ref": "#/components/parameters/ids"}],
        "responses": {
          "200": {
            "description": "A row for each series; null where there is none, or nothing is known of the series.",
            "headers": {
              "ETag": {"$ref": "#/components/headers/ETag"}, "Cache-Control": {"$ref": "#/components/headers/Cache-Control"},
              "Vary": {"$ref": "#/components/headers/Vary"}
            },
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/LatestOfMany"}}}
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
    "/v1/statistics": {
      "get": {
        "operationId": "readStatisticsByID", "summary": "As /v1/series/{identifier}/statistics", "tags": ["series"],
        "parameters": [
          {"$ref": "#/components/parameters/id"}, {"$ref": "#/components/parameters/from"},
          {"$ref": "#/components/parameters/to"}, {"$ref": "#/components/parameters/threshold"}
        ],
        "responses": {
          "200": {
            "description": "The statistics of each measure.",
            "headers": {
              "ETag": {"$ref": "#/components/headers/ETag"}, "Cache-Control": {"$ref": "#/components/headers/Cache-Control"},
              "Vary": {"$ref": "#/components/headers/Vary"}
            },
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Statistics"}}}
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
