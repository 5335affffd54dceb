"""The libraries as another package sees them: what the documents and the documentation show compiles with what is public."""

import re
import subprocess

from conftest import PROJECT

PRODUCTS = ["TimeSeriesCache", "AWSClients", "HTTPTransport", "CacheSupport", "LambdaRuntime", "Compression", "SigV4"]

MANIFEST = f"""// swift-tools-version: 6.3
import PackageDescription

let package = Package(
  name: "user",
  dependencies: [.package(name: "timeseries-cache", path: "{PROJECT}")],
  targets: [
    .target(
      name: "User",
      dependencies: [{", ".join(f'.product(name: "{product}", package: "timeseries-cache")' for product in PRODUCTS)}],
      path: "Sources")
  ])
"""

# A store of one's own, and a series that is read from it.
STORES = """
import CacheSupport
import TimeSeriesCache

struct NoHistory: HistoryStore {
  func write(_ samples: [Sample], of series: Series, version: Int64) async -> HistoryWrite {
    var write = HistoryWrite()
    for sample in samples { write.rejected.add(.init(time: sample.time, reason: "nothing is kept")) }
    return write
  }

  func rows(of series: Series, in range: TimeRange, limit: Int) async throws(StoreError) -> HistoryRows {
    HistoryRows(samples: [])
  }

  func newest(of series: Series, in range: TimeRange?) async throws(StoreError) -> NewestHistory {
    NewestHistory(time: nil)
  }
}

struct OneForecast: ForecastStore {
  func write(_ samples: [Sample], of identifier: Identifier, fetchedAt: Int64) async throws(StoreError) -> Int {
    throw StoreError(.failed, "nothing is kept")
  }

  func page(
    of identifier: Identifier, in range: TimeRange, limit: Int, now: Int64
  ) async throws(StoreError) -> ForecastPage {
    ForecastPage(samples: [Sample(time: range.to, measures: [Measure("v", .double(1))])])
  }

  func hasAny(_ identifier: Identifier, now: Int64) async throws(StoreError) -> Bool { true }
}

func firstPage(_ name: String, _ range: TimeRange) async throws -> SeriesReader.Page {
  let reader = SeriesReader(history: NoHistory(), forecast: OneForecast(), clock: .fixed(0))
  return try await reader.page(of: Series(Identifier(name)), in: range, limit: 10)
}
"""


def snippet(path, number=0):
    return re.findall(r"```swift\n(.*?)```", (PROJECT / path).read_text(), re.DOTALL)[number]


def catalogue(library):
    return snippet(f"Sources/{library}/{library}.docc/{library}.md")


def test_another_package_can_use_the_libraries(tmp_path):
    # The loop of the function has to be called, as a program's first lines do.
    runtime, start = catalogue("LambdaRuntime").rsplit("\n\n", 1)
    files = {
        "Reader.swift": snippet("docs/http-api.md"),
        "Stores.swift": STORES,
        "Runtime.swift": f"import Glibc\nimport LambdaRuntime\n{runtime}\nfunc start() async {{ {start} }}\n",
        "Signing.swift": "import CacheSupport\nimport SigV4\nfunc sign(_ request: SignableRequest, _ credentials: Credentials) {\n"
                         + catalogue("SigV4") + "_ = added\n}\n",
        "Packing.swift": "import Compression\nfunc pack(_ body: [UInt8]) throws(GzipError) -> [UInt8] {\n"
                         + catalogue("Compression") + "return packed\n}\n",
    }
    (tmp_path / "Sources").mkdir()
    (tmp_path / "Package.swift").write_text(MANIFEST)
    for name, text in files.items():
        (tmp_path / "Sources" / name).write_text(text)
    # Nobody edits it: it needs no index.
    done = subprocess.run(["swift", "build", "--disable-index-store"], cwd=tmp_path, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_example_is_the_one_that_is_built():
    function = snippet("docs/http-api.md").split("\n\n", 1)[1]
    assert function.startswith("func ") and function in (PROJECT / "local/example/main.swift").read_text()
