// The paths that WriteFunction serves.

extension OpenAPI {
  /// Members of `paths`.
  static let writingPaths: StaticString = #"""
    "/api/v2/write": {
      "post": {
        "operationId": "write", "summary": "Write points, as InfluxDB 2 has it", "tags": ["writing"],
        "parameters": [
          {"$ref": "#/components/parameters/org"}, {"$ref": "#/components/parameters/bucket"},
          {"$ref": "#/components/parameters/precision"}
        ],
        "requestBody": {
          "required": true, "description": "Line protocol, as it is or with Content-Encoding: gzip.",
          "content": {
            "text/plain": {"schema": {"type": "string"}, "example": "room,house=a temperature=21.5 1795189500000000000"}
          }
        },
        "responses": {
          "204": {"$ref": "#/components/responses/InfluxWritten"},
          "400": {"$ref": "#/components/responses/InfluxInvalid"},
          "401": {"$ref": "#/components/responses/InfluxUnauthorized"},
          "404": {"$ref": "#/components/responses/InfluxNoBucket"},
          "413": {"$ref": "#/components/responses/InfluxTooLarge"},
          "415": {"$ref": "#/components/responses/InfluxEncoding"},
          "422": {"$ref": "#/components/responses/InfluxPartial"},
          "429": {"$ref": "#/components/responses/InfluxThrottled"},
          "500": {"$ref": "#/components/responses/InfluxFailed"},
          "503": {"$ref": "#/components/responses/InfluxUnavailable"}
        }
      }
    },
    "/write": {
      "post": {
        "operationId": "writeV1", "summary": "Write points, as InfluxDB 1 has it", "tags": ["writing"],
        "parameters": [
          {"$ref": "#/components/parameters/db"}, {"$ref": "#/components/parameters/rp"},
          {"$ref": "#/components/parameters/precisionV1"}, {"$ref": "#/components/parameters/u"},
          {"$ref": "#/components/parameters/p"}
        ],
        "requestBody": {
          "required": true, "description": "Line protocol, as it is or with Content-Encoding: gzip.",
          "content": {
            "text/plain": {"schema": {"type": "string"}, "example": "room,house=a temperature=21.5 1795189500000000000"}
          }
        },
        "responses": {
          "204": {"$ref": "#/components/responses/InfluxWritten"},
          "400": {"$ref": "#/components/responses/InfluxInvalid"},
          "401": {"$ref": "#/components/responses/InfluxUnauthorized"},
          "404": {"$ref": "#/components/responses/InfluxNoBucket"},
          "413": {"$ref": "#/components/responses/InfluxTooLarge"},
          "415": {"$ref": "#/components/responses/InfluxEncoding"},
          "422": {"$ref": "#/components/responses/InfluxPartial"},
          "429": {"$ref": "#/components/responses/InfluxThrottled"},
          "500": {"$ref": "#/components/responses/InfluxFailed"},
          "503": {"$ref": "#/components/responses/InfluxUnavailable"}
        },
        "security": [{"apiKey": []}, {"securityToken": []}, {"bearer": []}, {"basic": []}, {"v1Password": []}]
      }
    },
    "/ping": {
      "get": {
        "operationId": "ping", "summary": "Whether the function answers", "tags": ["writing"], "security": [],
        "responses": {"204": {"description": "It does."}}
      }
    },
    "/health": {
      "get": {
        "operationId": "health", "summary": "Whether the function answers", "tags": ["writing"], "security": [],
        "responses": {
          "200": {
            "description": "It does.",
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/InfluxHealth"}}}
          }
        }
      }
    }
    """#

  /// Members of `components.responses`: both routes have the same.
  static let writingResponses: StaticString = #"""
    "InfluxWritten": {"description": "Every point is stored, or safe in the queue where writes are queued."},
    "InfluxInvalid": {
      "description": "A parameter is not right, or the line protocol cannot be read: line and column are then named. Nothing was written.",
      "content": {"application/json": {"schema": {"$ref": "#/components/schemas/InfluxError"}}}
    },
    "InfluxUnauthorized": {
      "description": "No key was sent, or one that is not right.",
      "headers": {"WWW-Authenticate": {"$ref": "#/components/headers/WWW-Authenticate"}},
      "content": {"application/json": {"schema": {"$ref": "#/components/schemas/InfluxError"}}}
    },
    "InfluxNoBucket": {
      "description": "There is no such bucket for this key.",
      "content": {"application/json": {"schema": {"$ref": "#/components/schemas/InfluxError"}}}
    },
    "InfluxTooLarge": {
      "description": "The body is too large.",
      "content": {"application/json": {"schema": {"$ref": "#/components/schemas/InfluxError"}}}
    },
    "InfluxEncoding": {
      "description": "The body is encoded in a way other than gzip.",
      "content": {"application/json": {"schema": {"$ref": "#/components/schemas/InfluxError"}}}
    },
    "InfluxPartial": {
      "description": "Some points were rejected, and it says which and why; the rest is written.",
      "content": {"application/json": {"schema": {"$ref": "#/components/schemas/InfluxError"}}}
    },
    "InfluxThrottled": {
      "description": "The store wants fewer requests: write again after the seconds in Retry-After.",
      "headers": {"Retry-After": {"$ref": "#/components/headers/Retry-After"}},
      "content": {"application/json": {"schema": {"$ref": "#/components/schemas/InfluxError"}}}
    },
    "InfluxFailed": {
      "description": "The write failed; the log of this request's id says why.",
      "content": {"application/json": {"schema": {"$ref": "#/components/schemas/InfluxError"}}}
    },
    "InfluxUnavailable": {
      "description": "The store does not answer now: write again after the seconds in Retry-After.",
      "headers": {"Retry-After": {"$ref": "#/components/headers/Retry-After"}},
      "content": {"application/json": {"schema": {"$ref": "#/components/schemas/InfluxError"}}}
    }
    """#
}
