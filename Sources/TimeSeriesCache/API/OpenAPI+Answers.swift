// Errors, headers and keys.

extension OpenAPI {
  /// Members of `components.responses`.
  static let responses: StaticString = #"""
    "NotModified": {
      "description": "The client has this answer already.",
      "headers": {
        "ETag": {"$ref": "#/components/headers/ETag"}, "Cache-Control": {"$ref": "#/components/headers/Cache-Control"},
        "Vary": {"$ref": "#/components/headers/Vary"}, "X-Next-Cursor": {"$ref": "#/components/headers/X-Next-Cursor"},
        "X-Baseline": {"$ref": "#/components/headers/X-Baseline"}
      }
    },
    "BadRequest": {
      "description": "The request is not right; the message says what to change.",
      "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
    },
    "Unauthorized": {
      "description": "No key was sent, or one that is not right.",
      "headers": {"WWW-Authenticate": {"$ref": "#/components/headers/WWW-Authenticate"}},
      "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
    },
    "Forbidden": {
      "description": "The key is right, and may not do this.",
      "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
    },
    "NotFound": {
      "description": "Nothing is known of the series, or the key may not read it; of one that is registered the message says how its last run went.",
      "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
    },
    "Conflict": {
      "description": "The series is one that somebody writes.",
      "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
    },
    "TooLarge": {
      "description": "The body is too large, or the answer would be.",
      "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
    },
    "TooLong": {"description": "The gateway's own answer to a URL that is longer than it takes: ask for fewer series at once."},
    "Throttled": {
      "description": "The store wants fewer requests.", "headers": {"Retry-After": {"$ref": "#/components/headers/Retry-After"}},
      "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
    },
    "NotPacked": {
      "description": "The answer cannot be compressed.",
      "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
    },
    "StoreFailed": {
      "description": "The store refused the request.",
      "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
    },
    "Unavailable": {
      "description": "A store or the keys cannot be read now, or are not configured.",
      "headers": {"Retry-After": {"$ref": "#/components/headers/Retry-After"}},
      "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
    },
    "TimedOut": {
      "description": "The store did not answer in time: ask for less.",
      "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
    },
    "PrometheusResult": {
      "description": "The values of the expression.",
      "headers": {
        "ETag": {"$ref": "#/components/headers/ETag"}, "Cache-Control": {"$ref": "#/components/headers/Cache-Control"},
        "Vary": {"$ref": "#/components/headers/Vary"}
      },
      "content": {"application/json": {"schema": {"$ref": "#/components/schemas/PrometheusResult"}}}
    },
    "PrometheusSeries": {
      "description": "The labels of each series.",
      "headers": {
        "ETag": {"$ref": "#/components/headers/ETag"}, "Cache-Control": {"$ref": "#/components/headers/Cache-Control"},
        "Vary": {"$ref": "#/components/headers/Vary"}
      },
      "content": {"application/json": {"schema": {"$ref": "#/components/schemas/PrometheusSeries"}}}
    },
    "PrometheusNames": {
      "description": "Names, or values, in order.",
      "headers": {
        "ETag": {"$ref": "#/components/headers/ETag"}, "Cache-Control": {"$ref": "#/components/headers/Cache-Control"},
        "Vary": {"$ref": "#/components/headers/Vary"}
      },
      "content": {"application/json": {"schema": {"$ref": "#/components/schemas/PrometheusNames"}}}
    },
    "PrometheusBuild": {
      "description": "What this is.",
      "headers": {
        "ETag": {"$ref": "#/components/headers/ETag"}, "Cache-Control": {"$ref": "#/components/headers/Cache-Control"},
        "Vary": {"$ref": "#/components/headers/Vary"}
      },
      "content": {"application/json": {"schema": {"$ref": "#/components/schemas/PrometheusBuild"}}}
    },
    "PrometheusRefusal": {
      "description": "What is asked for cannot be read, or is not supported; it says what is.",
      "content": {
        "application/json": {
          "schema": {"anyOf": [{"$ref": "#/components/schemas/PrometheusError"}, {"$ref": "#/components/schemas/Error"}]}
        }
      }
    },
    "PrometheusFailure": {
      "description": "The expression asks for too much.",
      "content": {
        "application/json": {
          "schema": {"anyOf": [{"$ref": "#/components/schemas/PrometheusError"}, {"$ref": "#/components/schemas/Error"}]}
        }
      }
    },
    "PrometheusUnavailable": {
      "description": "A store or the keys cannot be read now or are not configured, or the query was not answered in time.",
      "headers": {"Retry-After": {"$ref": "#/components/headers/Retry-After"}},
      "content": {
        "application/json": {
          "schema": {"anyOf": [{"$ref": "#/components/schemas/PrometheusError"}, {"$ref": "#/components/schemas/Error"}]}
        }
      }
    }
    """#

  /// Members of `components.headers`.
  static let headers: StaticString = #"""
    "ETag": {"description": "Names the body: send it in If-None-Match.", "schema": {"type": "string"}},
    "Cache-Control": {"schema": {"type": "string"}},
    "Vary": {"schema": {"type": "string"}},
    "X-Next-Cursor": {"description": "The cursor of the next page, where there is one.", "schema": {"type": "string"}},
    "X-Baseline": {"description": "The baseline in epoch milliseconds, where there is one.", "schema": {"type": "string"}},
    "Retry-After": {"description": "Seconds to wait; absent where waiting does not help.", "schema": {"type": "string"}},
    "WWW-Authenticate": {"schema": {"type": "string"}}
    """#

  /// Members of `components.securitySchemes`.
  static let securitySchemes: StaticString = #"""
    "apiKey": {"type": "apiKey", "in": "header", "name": "x-api-key"},
    "securityToken": {"type": "apiKey", "in": "header", "name": "x-security-token"},
    "bearer": {"type": "http", "scheme": "bearer", "description": "InfluxDB's scheme Token is taken as well."},
    "basic": {"type": "http", "scheme": "basic", "description": "Any name; the password is the key."},
    "v1Password": {"type": "apiKey", "in": "query", "name": "p"}
    """#
}
