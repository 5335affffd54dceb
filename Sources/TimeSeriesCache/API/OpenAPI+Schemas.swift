// The shapes of bodies.

extension OpenAPI {
  /// Members of `components.schemas`.
  static let schemas: StaticString = #"""
    "Error": {
      "type": "object", "required": ["error"],
      "properties": {
        "error": {
          "type": "object", "required": ["code", "message"],
          "properties": {
            "code": {"type": "string"},
            "message": {"type": "string", "description": "What is wrong, and what to change."}
          }
        }
      }
    },
    "Identifier": {
      "type": "string", "minLength": 1, "maxLength": 2000, "description": "1 to 2,000 UTF-8 bytes without control characters."
    },
    "Value": {"type": ["number", "string", "boolean"]},
    "Origin": {"type": "string", "enum": ["history", "forecast"]},
    "Row": {
      "type": "object", "required": ["time", "values", "origin"],
      "properties": {
        "time": {"type": "integer", "description": "Epoch milliseconds."},
        "values": {"type": "object", "additionalProperties": {"$ref": "#/components/schemas/Value"}},
        "origin": {"$ref": "#/components/schemas/Origin"}
      }
    },
    "Page": {
      "type": "object", "required": ["identifier", "from", "to", "baseline", "rows", "next"],
      "properties": {
        "identifier": {"$ref": "#/components/schemas/Identifier"},
        "from": {"type": "integer", "description": "Epoch milliseconds."},
        "to": {"type": "integer", "description": "Epoch milliseconds."},
        "baseline": {
          "type": ["integer", "null"],
          "description": "The newest history time in the range or, where that has none, in the series."
        },
        "rows": {"type": "array", "items": {"$ref": "#/components/schemas/Row"}},
        "next": {"type": ["string", "null"], "description": "The cursor of the next page; null at the end."}
      }
    },
    "Series": {
      "type": "object",
      "required": ["identifier", "kind", "source", "bucket", "registered", "status"],
      "properties": {
        "identifier": {"$ref": "#/components/schemas/Identifier"}, "kind": {"type": "string", "enum": ["source", "written"]},
        "source": {"type": ["string", "null"], "description": "The name of its source; null takes the default."},
        "bucket": {"type": ["string", "null"], "description": "Of a written series: the bucket that owns it."},
        "registered": {"type": ["integer", "null"], "description": "Epoch milliseconds."},
        "status": {"oneOf": [{"type": "null"}, {"$ref": "#/components/schemas/Status"}]}
      }
    },
    "Status": {
      "type": "object",
      "required": ["failing", "lastRun", "lastSuccess", "lastError", "stored", "rejected", "history", "nextRun"],
      "properties": {
        "failing": {"type": "boolean"},
        "lastRun": {"type": ["integer", "null"], "description": "Epoch milliseconds."},
        "lastSuccess": {"type": ["integer", "null"], "description": "Epoch milliseconds."},
        "lastError": {
          "type": ["object", "null"], "required": ["time", "message"],
          "properties": {"time": {"type": "integer", "description": "Epoch milliseconds."}, "message": {"type": "string"}}
        },
        "stored": {"type": "integer", "description": "Samples taken in all runs."},
        "rejected": {"type": "integer", "description": "Samples refused in all runs."},
        "history": {
          "type": ["object", "null"], "required": ["from", "to"],
          "properties": {
            "from": {"type": "integer", "description": "Epoch milliseconds."},
            "to": {"type": "integer", "description": "Epoch milliseconds."}
          }
        },
        "nextRun": {"type": ["integer", "null"], "description": "Epoch milliseconds."},
        "measures": {"type": "array", "items": {"type": "string"}, "maxItems": 256, "description": "Not in lists."}
      }
    },
    "SeriesList": {
      "type": "object", "required": ["series", "next"],
      "properties": {
        "series": {"type": "array", "items": {"$ref": "#/components/schemas/Series"}},
        "next": {"type": ["string", "null"]}
      }
    },
    "Registration": {
      "type": "object", "additionalProperties": false,
      "properties": {
        "source": {"type": ["string", "null"], "minLength": 1, "maxLength": 255},
        "attributes": {
          "type": "object", "maxProperties": 64,
          "description": "For the placeholders of the source's url and headers; at most 16,384 bytes in all.",
          "propertyNames": {
            "minLength": 1, "maxLength": 255,
            "not": {"enum": ["identifier", "kind", "source", "bucket", "registered", "status"]}
          },
          "additionalProperties": {"type": ["string", "number", "boolean"]}
        }
      }
    },
    "Latest": {
      "type": "object", "required": ["identifier", "row"],
      "properties": {"identifier": {"$ref": "#/components/schemas/Identifier"}, "row": {"$ref": "#/components/schemas/Row"}}
    },
    "LatestOfMany": {
      "type": "object", "required": ["series"],
      "properties": {
        "series": {
          "type": "array",
          "items": {
            "type": "object", "required": ["identifier", "row"],
            "properties": {
              "identifier": {"$ref": "#/components/schemas/Identifier"},
              "row": {"oneOf": [{"type": "null"}, {"$ref": "#/components/schemas/Row"}]}
            }
          }
        }
      }
    },
    "Statistics": {
      "type": "object",
      "required": ["identifier", "from", "to", "baseline", "threshold", "measures", "outliersAreCut"],
      "properties": {
        "identifier": {"$ref": "#/components/schemas/Identifier"},
        "from": {"type": "integer", "description": "Epoch milliseconds."},
        "to": {"type": "integer", "description": "Epoch milliseconds."},
        "baseline": {"type": ["integer", "null"], "description": "Epoch milliseconds."},
        "threshold": {"type": "number"},
        "measures": {"type": "array", "items": {"$ref": "#/components/schemas/MeasureStatistics"}},
        "outliersAreCut": {
          "type": "boolean",
          "description": "True where there are outliers in more than 1,000 rows, the earliest of which these are."
        }
      }
    },
    "MeasureStatistics": {
      "type": "object",
      "required": ["measure", "count", "minimum", "maximum", "mean", "deviation", "outliers"],
      "properties": {
        "measure": {"type": "string"}, "count": {"type": "integer"}, "minimum": {"$ref": "#/components/schemas/Value"},
        "maximum": {"$ref": "#/components/schemas/Value"}, "mean": {"type": ["number", "null"]},
        "deviation": {"type": ["number", "null"], "description": "Of the sample: divided by n - 1."},
        "outliers": {
          "type": "array",
          "items": {
            "type": "object", "required": ["time", "value", "score", "origin"],
            "properties": {
              "time": {"type": "integer", "description": "Epoch milliseconds."}, "value": {"$ref": "#/components/schemas/Value"},
              "score": {"type": "number", "description": "Deviations from the mean."},
              "origin": {"$ref": "#/components/schemas/Origin"}
            }
          }
        }
      }
    },
    "ReferenceAnswer": {
      "type": "object", "required": ["historicalRows", "futureRows"],
      "properties": {
        "historicalRows": {"type": "array", "items": {"$ref": "#/components/schemas/ReferenceRow"}},
        "futureRows": {"type": "array", "items": {"$ref": "#/components/schemas/ReferenceRow"}}
      }
    },
    "ReferenceRow": {
      "type": "object", "required": ["identifier", "cpu", "time"],
      "properties": {
        "identifier": {"$ref": "#/components/schemas/Identifier"}, "cpu": {"type": ["number", "string", "boolean", "null"]},
        "time": {"type": "integer", "description": "Epoch milliseconds."}
      }
    },
    "InfluxError": {
      "type": "object", "required": ["code", "message"],
      "properties": {
        "code": {"type": "string"}, "message": {"type": "string"},
        "error": {"type": "string", "description": "The message once more, for clients of /write."}
      }
    },
    "InfluxHealth": {
      "type": "object", "required": ["name", "status"],
      "properties": {
        "name": {"type": "string"}, "message": {"type": "string"}, "status": {"type": "string"}, "version": {"type": "string"}
      }
    },
    "PrometheusWarnings": {"type": "array", "items": {"type": "string"}},
    "PrometheusLabels": {"type": "object", "additionalProperties": {"type": "string"}},
    "PrometheusPoint": {
      "type": "array", "minItems": 2, "maxItems": 2, "description": "Epoch seconds, and the value as a text: NaN, +Inf and -Inf too.",
      "prefixItems": [{"type": "number"}, {"type": "string"}]
    },
    "PrometheusResult": {
      "type": "object", "required": ["status", "data"],
      "properties": {
        "status": {"const": "success"}, "warnings": {"$ref": "#/components/schemas/PrometheusWarnings"},
        "data": {
          "type": "object", "required": ["resultType", "result"],
          "oneOf": [
            {
              "properties": {
                "resultType": {"enum": ["scalar", "string"]}, "result": {"$ref": "#/components/schemas/PrometheusPoint"}
              }
            },
            {
              "properties": {
                "resultType": {"const": "vector"},
                "result": {
                  "type": "array",
                  "items": {
                    "type": "object", "required": ["metric", "value"],
                    "properties": {
                      "metric": {"$ref": "#/components/schemas/PrometheusLabels"},
                      "value": {"$ref": "#/components/schemas/PrometheusPoint"}
                    }
                  }
                }
              }
            },
            {
              "properties": {
                "resultType": {"const": "matrix"},
                "result": {
                  "type": "array",
                  "items": {
                    "type": "object", "required": ["metric", "values"],
                    "properties": {
                      "metric": {"$ref": "#/components/schemas/PrometheusLabels"},
                      "values": {"type": "array", "items": {"$ref": "#/components/schemas/PrometheusPoint"}}
                    }
                  }
                }
              }
            }
          ]
        }
      }
    },
    "PrometheusSeries": {
      "type": "object", "required": ["status", "data"],
      "properties": {
        "status": {"const": "success"}, "warnings": {"$ref": "#/components/schemas/PrometheusWarnings"},
        "data": {"type": "array", "items": {"$ref": "#/components/schemas/PrometheusLabels"}}
      }
    },
    "PrometheusNames": {
      "type": "object", "required": ["status", "data"],
      "properties": {
        "status": {"const": "success"}, "warnings": {"$ref": "#/components/schemas/PrometheusWarnings"},
        "data": {"type": "array", "items": {"type": "string"}}
      }
    },
    "PrometheusBuild": {
      "type": "object", "required": ["status", "data"],
      "properties": {
        "status": {"const": "success"}, "warnings": {"$ref": "#/components/schemas/PrometheusWarnings"},
        "data": {"$ref": "#/components/schemas/PrometheusLabels"}
      }
    },
    "PrometheusError": {
      "type": "object", "required": ["status", "errorType", "error"],
      "properties": {
        "status": {"const": "error"}, "error": {"type": "string"},
        "errorType": {"enum": ["bad_data", "not_found", "execution", "timeout", "unavailable"]}
      }
    }
    """#
}
