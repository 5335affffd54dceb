// The paths of Prometheus' HTTP API.

extension OpenAPI {
  /// Members of `paths`.
  static let prometheusPaths: StaticString = #"""
    "/api/v1/query": {
      "get": {
        "operationId": "promQuery", "summary": "Evaluate an expression at an instant", "tags": ["prometheus"],
        "parameters": [
          {"$ref": "#/components/parameters/promQuery"}, {"$ref": "#/components/parameters/promTime"},
          {"$ref": "#/components/parameters/promTimeout"}, {"$ref": "#/components/parameters/promLookback"},
          {"$ref": "#/components/parameters/promLimit"}
        ],
        "responses": {
          "200": {"$ref": "#/components/responses/PrometheusResult"},
          "304": {"$ref": "#/components/responses/NotModified"}, "400": {"$ref": "#/components/responses/PrometheusRefusal"},
          "401": {"$ref": "#/components/responses/Unauthorized"}, "403": {"$ref": "#/components/responses/Forbidden"},
          "413": {"$ref": "#/components/responses/TooLarge"}, "414": {"$ref": "#/components/responses/TooLong"},
          "404": {"$ref": "#/components/responses/PrometheusRefusal"},
          "422": {"$ref": "#/components/responses/PrometheusFailure"},
          "503": {"$ref": "#/components/responses/PrometheusUnavailable"}, "500": {"$ref": "#/components/responses/NotPacked"}
        }
      },
      "post": {
        "operationId": "promQueryByForm", "summary": "Evaluate an expression at an instant", "tags": ["prometheus"],
        "requestBody": {
          "required": false,
          "content": {
            "application/x-www-form-urlencoded": {
              "schema": {
                "type": "object",
                "properties": {
                  "query": {"type": "string"}, "time": {"type": "string"}, "timeout": {"type": "string"},
                  "lookback_delta": {"type": "string"}, "limit": {"type": "integer", "minimum": 0}
                }
              }
            }
          }
        },
        "responses": {
          "200": {"$ref": "#/components/responses/PrometheusResult"},
          "400": {"$ref": "#/components/responses/PrometheusRefusal"}, "401": {"$ref": "#/components/responses/Unauthorized"},
          "403": {"$ref": "#/components/responses/Forbidden"}, "413": {"$ref": "#/components/responses/TooLarge"},
          "414": {"$ref": "#/components/responses/TooLong"}, "404": {"$ref": "#/components/responses/PrometheusRefusal"},
          "422": {"$ref": "#/components/responses/PrometheusFailure"},
          "503": {"$ref": "#/components/responses/PrometheusUnavailable"}, "500": {"$ref": "#/components/responses/NotPacked"}
        }
      }
    },
    "/api/v1/query_range": {
      "get": {
        "operationId": "promQueryRange", "summary": "Evaluate an expression over a range", "tags": ["prometheus"],
        "parameters": [
          {"$ref": "#/components/parameters/promQuery"}, {"$ref": "#/components/parameters/promFirst"},
          {"$ref": "#/components/parameters/promLast"}, {"$ref": "#/components/parameters/promStep"},
          {"$ref": "#/components/parameters/promTimeout"}, {"$ref": "#/components/parameters/promLookback"},
          {"$ref": "#/components/parameters/promLimit"}
        ],
        "responses": {
          "200": {"$ref": "#/components/responses/PrometheusResult"},
          "304": {"$ref": "#/components/responses/NotModified"}, "400": {"$ref": "#/components/responses/PrometheusRefusal"},
          "401": {"$ref": "#/components/responses/Unauthorized"}, "403": {"$ref": "#/components/responses/Forbidden"},
          "413": {"$ref": "#/components/responses/TooLarge"}, "414": {"$ref": "#/components/responses/TooLong"},
          "404": {"$ref": "#/components/responses/PrometheusRefusal"},
          "422": {"$ref": "#/components/responses/PrometheusFailure"},
          "503": {"$ref": "#/components/responses/PrometheusUnavailable"}, "500": {"$ref": "#/components/responses/NotPacked"}
        }
      },
      "post": {
        "operationId": "promQueryRangeByForm", "summary": "Evaluate an expression over a range", "tags": ["prometheus"],
        "requestBody": {
          "required": false,
          "content": {
            "application/x-www-form-urlencoded": {
              "schema": {
                "type": "object",
                "properties": {
                  "query": {"type": "string"}, "start": {"type": "string"}, "end": {"type": "string"},
                  "step": {"type": "string"}, "timeout": {"type": "string"}, "lookback_delta": {"type": "string"},
                  "limit": {"type": "integer", "minimum": 0}
                }
              }
            }
          }
        },
        "responses": {
          "200": {"$ref": "#/components/responses/PrometheusResult"},
          "400": {"$ref": "#/components/responses/PrometheusRefusal"}, "401": {"$ref": "#/components/responses/Unauthorized"},
          "403": {"$ref": "#/components/responses/Forbidden"}, "413": {"$ref": "#/components/responses/TooLarge"},
          "414": {"$ref": "#/components/responses/TooLong"}, "404": {"$ref": "#/components/responses/PrometheusRefusal"},
          "422": {"$ref": "#/components/responses/PrometheusFailure"},
          "503": {"$ref": "#/components/responses/PrometheusUnavailable"}, "500": {"$ref": "#/components/responses/NotPacked"}
        }
      }
    },
    "/api/v1/series": {
      "get": {
        "operationId": "promSeries", "summary": "Find series by selectors", "tags": ["prometheus"],
        "parameters": [
          {"$ref": "#/components/parameters/promMatch"}, {"$ref": "#/components/parameters/promStart"},
          {"$ref": "#/components/parameters/promEnd"}, {"$ref": "#/components/parameters/promLimit"}
        ],
        "responses": {
          "200": {"$ref": "#/components/responses/PrometheusSeries"},
          "304": {"$ref": "#/components/responses/NotModified"}, "400": {"$ref": "#/components/responses/PrometheusRefusal"},
          "401": {"$ref": "#/components/responses/Unauthorized"}, "403": {"$ref": "#/components/responses/Forbidden"},
          "413": {"$ref": "#/components/responses/TooLarge"}, "414": {"$ref": "#/components/responses/TooLong"},
          "404": {"$ref": "#/components/responses/PrometheusRefusal"},
          "422": {"$ref": "#/components/responses/PrometheusFailure"},
          "503": {"$ref": "#/components/responses/PrometheusUnavailable"}, "500": {"$ref": "#/components/responses/NotPacked"}
        }
      },
      "post": {
        "operationId": "promSeriesByForm", "summary": "Find series by selectors", "tags": ["prometheus"],
        "requestBody": {
          "required": false,
          "content": {
            "application/x-www-form-urlencoded": {
              "schema": {
                "type": "object",
                "properties": {
                  "match[]": {"type": "array", "items": {"type": "string"}}, "start": {"type": "string"},
                  "end": {"type": "string"}, "limit": {"type": "integer", "minimum": 0}
                }
              }
            }
          }
        },
        "responses": {
          "200": {"$ref": "#/components/responses/PrometheusSeries"},
          "400": {"$ref": "#/components/responses/PrometheusRefusal"}, "401": {"$ref": "#/components/responses/Unauthorized"},
          "403": {"$ref": "#/components/responses/Forbidden"}, "413": {"$ref": "#/components/responses/TooLarge"},
          "414": {"$ref": "#/components/responses/TooLong"}, "404": {"$ref": "#/components/responses/PrometheusRefusal"},
          "422": {"$ref": "#/components/responses/PrometheusFailure"},
          "503": {"$ref": "#/components/responses/PrometheusUnavailable"}, "500": {"$ref": "#/components/responses/NotPacked"}
        }
      }
    },
    "/api/v1/labels": {
      "get": {
        "operationId": "promLabels", "summary": "Names of labels", "tags": ["prometheus"],
        "parameters": [
          {"$ref": "#/components/parameters/promMatch"}, {"$ref": "#/components/parameters/promStart"},
          {"$ref": "#/components/parameters/promEnd"}, {"$ref": "#/components/parameters/promLimit"}
        ],
        "responses": {
          "200": {"$ref": "#/components/responses/PrometheusNames"},
          "304": {"$ref": "#/components/responses/NotModified"}, "400": {"$ref": "#/components/responses/PrometheusRefusal"},
          "401": {"$ref": "#/components/responses/Unauthorized"}, "403": {"$ref": "#/components/responses/Forbidden"},
          "413": {"$ref": "#/components/responses/TooLarge"}, "414": {"$ref": "#/components/responses/TooLong"},
          "404": {"$ref": "#/components/responses/PrometheusRefusal"},
          "422": {"$ref": "#/components/responses/PrometheusFailure"},
          "503": {"$ref": "#/components/responses/PrometheusUnavailable"}, "500": {"$ref": "#/components/responses/NotPacked"}
        }
      },
      "post": {
        "operationId": "promLabelsByForm", "summary": "Names of labels", "tags": ["prometheus"],
        "requestBody": {
          "required": false,
          "content": {
            "application/x-www-form-urlencoded": {
              "schema": {
                "type": "object",
                "properties": {
                  "match[]": {"type": "array", "items": {"type": "string"}}, "start": {"type": "string"},
                  "end": {"type": "string"}, "limit": {"type": "integer", "minimum": 0}
                }
              }
            }
          }
        },
        "responses": {
          "200": {"$ref": "#/components/responses/PrometheusNames"},
          "400": {"$ref": "#/components/responses/PrometheusRefusal"}, "401": {"$ref": "#/components/responses/Unauthorized"},
          "403": {"$ref": "#/components/responses/Forbidden"}, "413": {"$ref": "#/components/responses/TooLarge"},
          "414": {"$ref": "#/components/responses/TooLong"}, "404": {"$ref": "#/components/responses/PrometheusRefusal"},
          "422": {"$ref": "#/components/responses/PrometheusFailure"},
          "503": {"$ref": "#/components/responses/PrometheusUnavailable"}, "500": {"$ref": "#/components/responses/NotPacked"}
        }
      }
    },
    "/api/v1/label/{name}/values": {
      "parameters": [{"$ref": "#/components/parameters/labelName"}],
      "get": {
        "operationId": "promLabelValues", "summary": "Values of a label", "tags": ["prometheus"],
        "parameters": [
          {"$ref": "#/components/parameters/promMatch"}, {"$ref": "#/components/parameters/promStart"},
          {"$ref": "#/components/parameters/promEnd"}, {"$ref": "#/components/parameters/promLimit"}
        ],
        "responses": {
          "200": {"$ref": "#/components/responses/PrometheusNames"},
          "304": {"$ref": "#/components/responses/NotModified"}, "400": {"$ref": "#/components/responses/PrometheusRefusal"},
          "401": {"$ref": "#/components/responses/Unauthorized"}, "403": {"$ref": "#/components/responses/Forbidden"},
          "413": {"$ref": "#/components/responses/TooLarge"}, "414": {"$ref": "#/components/responses/TooLong"},
          "404": {"$ref": "#/components/responses/PrometheusRefusal"},
          "422": {"$ref": "#/components/responses/PrometheusFailure"},
          "503": {"$ref": "#/components/responses/PrometheusUnavailable"}, "500": {"$ref": "#/components/responses/NotPacked"}
        }
      }
    },
    "/api/v1/status/buildinfo": {
      "get": {
        "operationId": "promBuildInfo", "summary": "What this is", "tags": ["prometheus"],
        "responses": {
          "200": {"$ref": "#/components/responses/PrometheusBuild"},
          "304": {"$ref": "#/components/responses/NotModified"}, "400": {"$ref": "#/components/responses/PrometheusRefusal"},
          "401": {"$ref": "#/components/responses/Unauthorized"}, "403": {"$ref": "#/components/responses/Forbidden"},
          "413": {"$ref": "#/components/responses/TooLarge"}, "414": {"$ref": "#/components/responses/TooLong"},
          "404": {"$ref": "#/components/responses/PrometheusRefusal"},
          "422": {"$ref": "#/components/responses/PrometheusFailure"},
          "503": {"$ref": "#/components/responses/PrometheusUnavailable"}, "500": {"$ref": "#/components/responses/NotPacked"}
        }
      }
    }
    """#
}
