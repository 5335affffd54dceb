"""Functions in Python for a stack of a test's own: the loop that AWS's runtimes have, and a handler beside it."""

import sys

LOOP = """#!%s
import json, os, sys, urllib.request

sys.path[:0] = %r
API = "http://%%s/2018-06-01/runtime/invocation/" %% os.environ["AWS_LAMBDA_RUNTIME_API"]


def post(path, value):
    urllib.request.urlopen(urllib.request.Request(API + path, data=json.dumps(value).encode())).read()


%s

def serve():
    while True:
        with urllib.request.urlopen(API + "next") as answer:
            event, request = json.load(answer), answer.headers["Lambda-Runtime-Aws-Request-Id"]
        try:
            result = handler(event)
        except Exception as error:
            post(request + "/error", {"errorType": type(error).__name__, "errorMessage": str(error)})
            continue
        post(request + "/response", result)


serve()
"""


def bootstrap(handler):
    """The whole of a function's executable, of the source of `handler(event)`."""
    return LOOP % (sys.executable, [path for path in sys.path if "site-packages" in path], handler)
