// swift-tools-version: 6.3
import PackageDescription

/// One settings list for every Swift target; each flag links the proposal that explains it.
let settings: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  // https://github.com/swiftlang/swift-evolution/blob/main/proposals/0335-existential-any.md
  .enableUpcomingFeature("ExistentialAny"),
  // https://github.com/swiftlang/swift-evolution/blob/main/proposals/0409-access-level-on-imports.md
  .enableUpcomingFeature("InternalImportsByDefault"),
  // https://github.com/swiftlang/swift-evolution/blob/main/proposals/0444-member-import-visibility.md
  .enableUpcomingFeature("MemberImportVisibility"),
  // https://github.com/swiftlang/swift-evolution/blob/main/proposals/0470-isolated-conformances.md
  .enableUpcomingFeature("InferIsolatedConformances"),
  // https://github.com/swiftlang/swift-evolution/blob/main/proposals/0461-async-function-isolation.md
  .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
  // https://github.com/swiftlang/swift-evolution/blob/main/proposals/0481-weak-let.md
  .enableUpcomingFeature("ImmutableWeakCaptures"),
  // For the readers over Span, which must not outlive its bytes:
  // https://github.com/swiftlang/swift-evolution/blob/main/proposals/0456-stdlib-span-properties.md
  .enableExperimentalFeature("Lifetimes"),
  // https://github.com/swiftlang/swift-evolution/blob/main/proposals/0458-strict-memory-safety.md
  .strictMemorySafety(),
  // https://github.com/swiftlang/swift-evolution/blob/main/proposals/0443-warning-control-flags.md
  .treatAllWarnings(as: .error),
]

let package = Package(
  name: "timeseries-cache",
  products: [
    .library(name: "TimeSeriesCache", targets: ["TimeSeriesCache"]),
    .library(name: "AWSClients", targets: ["AWSClients"]),
    .library(name: "HTTPTransport", targets: ["HTTPTransport"]),
    .library(name: "CacheSupport", targets: ["CacheSupport"]),
    .library(name: "LambdaRuntime", targets: ["LambdaRuntime"]),
    .library(name: "Compression", targets: ["Compression"]),
    .library(name: "SigV4", targets: ["SigV4"]),
    .library(name: "SQLiteStore", targets: ["SQLiteStore"]),
    .library(name: "TimestreamSQL", targets: ["TimestreamSQL"]),
    .executable(name: "QueueFunction", targets: ["QueueFunction"]),
    .executable(name: "FetchFunction", targets: ["FetchFunction"]),
    .executable(name: "APIFunction", targets: ["APIFunction"]),
    .executable(name: "WriteFunction", targets: ["WriteFunction"]),
    .executable(name: "local-cloud", targets: ["local-cloud"]),
    .executable(name: "local-queue", targets: ["local-queue"]),
    .executable(name: "local-fetch", targets: ["local-fetch"]),
    .executable(name: "local-api", targets: ["local-api"]),
    .executable(name: "local-generate", targets: ["local-generate"]),
    .executable(name: "local-query", targets: ["local-query"]),
    .executable(name: "local-move", targets: ["local-move"]),
    .executable(name: "hydration", targets: ["hydration"]),
  ],
  targets: [
    // C libraries, each a module map over Debian's headers.
    .systemLibrary(name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
    .systemLibrary(name: "CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
    .systemLibrary(name: "CMicroHTTPD", pkgConfig: "libmicrohttpd", providers: [.apt(["libmicrohttpd-dev"])]),
    .systemLibrary(name: "CYAML", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"])]),

    // What goes to AWS. Arrows only go up this list.
    .target(name: "CacheSupport"),
    .target(name: "SigV4", dependencies: ["CacheSupport", "CCrypto"]),
    .target(name: "HTTPTransport", dependencies: ["CacheSupport", "CCurl"]),
    .target(name: "Compression", dependencies: ["CZlib"]),
    .target(name: "CGlibcCompat"),
    .target(name: "AWSClients", dependencies: ["CacheSupport", "SigV4", "HTTPTransport", "CGlibcCompat"]),
    .target(name: "LambdaRuntime", dependencies: ["CacheSupport", "HTTPTransport", "CGlibcCompat"]),
    .target(
      name: "TimeSeriesCache",
      dependencies: ["CacheSupport", "Compression", "SigV4", "HTTPTransport", "AWSClients", "LambdaRuntime"]),
    .executableTarget(name: "QueueFunction", dependencies: ["TimeSeriesCache", "LambdaRuntime"]),
    .executableTarget(name: "FetchFunction", dependencies: ["CGlibcCompat", "TimeSeriesCache", "LambdaRuntime"]),
    .executableTarget(name: "APIFunction", dependencies: ["TimeSeriesCache", "LambdaRuntime"]),
    .executableTarget(name: "WriteFunction", dependencies: ["TimeSeriesCache", "LambdaRuntime"]),

    // What stays on this machine.
    .target(name: "SQLiteStore", dependencies: ["CSQLite"]),
    .target(name: "TimestreamSQL", dependencies: ["CacheSupport", "SQLiteStore", "CSQLite"]),
    .target(
      name: "LocalCloud",
      dependencies: [
        "CGlibcCompat", "CacheSupport", "Compression", "SigV4", "AWSClients", "SQLiteStore", "TimestreamSQL", "CCrypto",
        "CSQLite", "CMicroHTTPD", "CYAML",
      ]),
    .target(name: "CommandLineSupport", dependencies: ["CacheSupport", "HTTPTransport", "LambdaRuntime"]),
    .executableTarget(
      name: "local-cloud",
      dependencies: ["CacheSupport", "HTTPTransport", "TimeSeriesCache", "LocalCloud", "CommandLineSupport"],
      path: "local/cloud"),
    .executableTarget(
      name: "local-queue", dependencies: ["CacheSupport", "TimeSeriesCache", "CommandLineSupport"], path: "local/queue"),
    .executableTarget(
      name: "local-fetch",
      dependencies: ["CacheSupport", "HTTPTransport", "AWSClients", "TimeSeriesCache", "CommandLineSupport"],
      path: "local/fetch"),
    .executableTarget(
      name: "local-api", dependencies: ["CacheSupport", "TimeSeriesCache", "CommandLineSupport"], path: "local/api"),
    .executableTarget(
      name: "local-generate",
      dependencies: ["CacheSupport", "HTTPTransport", "AWSClients", "TimeSeriesCache", "CommandLineSupport"],
      path: "local/generate"),
    .executableTarget(
      name: "local-query",
      dependencies: ["CacheSupport", "HTTPTransport", "AWSClients", "TimeSeriesCache", "CommandLineSupport"],
      path: "local/query"),
    .executableTarget(
      name: "local-move",
      dependencies: ["CacheSupport", "HTTPTransport", "AWSClients", "TimeSeriesCache", "CommandLineSupport"],
      path: "local/move"),
    .executableTarget(
      name: "read-series",
      dependencies: ["CacheSupport", "HTTPTransport", "AWSClients", "TimeSeriesCache", "CommandLineSupport"],
      path: "local/example"),
    .executableTarget(
      name: "hydration", dependencies: ["CacheSupport", "HTTPTransport", "AWSClients", "CommandLineSupport"],
      path: "e2eTest/hydration"),

    .executableTarget(
      name: "benchmark",
      dependencies: [
        "CacheSupport", "HTTPTransport", "AWSClients", "LambdaRuntime", "TimeSeriesCache", "CommandLineSupport",
      ],
      path: "local/benchmark"),

    .executableTarget(
      name: "benchmark-timestream",
      dependencies: ["CacheSupport", "HTTPTransport", "AWSClients", "CommandLineSupport"],
      path: "local/benchmark-timestream"),

    .executableTarget(
      name: "benchmark-cloud", dependencies: ["CacheSupport", "CommandLineSupport", "SigV4"],
      path: "local/benchmark-cloud"),

    .executableTarget(
      name: "benchmark-line-protocol", dependencies: ["CacheSupport", "TimeSeriesCache", "CommandLineSupport"],
      path: "local/benchmark-line-protocol"),

    .executableTarget(
      name: "benchmark-chunks", dependencies: ["CacheSupport", "Compression", "TimeSeriesCache", "CommandLineSupport"],
      path: "local/benchmark-chunks"),

    // Tests, one target per library.
    .target(
      name: "TestSupport", dependencies: ["CacheSupport", "HTTPTransport", "AWSClients", "LocalCloud"],
      path: "Tests/TestSupport"),
    .testTarget(name: "CacheSupportTests", dependencies: ["CacheSupport", "TestSupport"]),
    .testTarget(name: "CompressionTests", dependencies: ["Compression"]),
    .testTarget(name: "SigV4Tests", dependencies: ["CacheSupport", "SigV4", "TestSupport"]),
    .testTarget(
      name: "HTTPTransportTests", dependencies: ["CacheSupport", "HTTPTransport", "LocalCloud", "TestSupport"]),
    .testTarget(
      name: "AWSClientsTests", dependencies: ["CacheSupport", "SigV4", "HTTPTransport", "AWSClients", "TestSupport"]),
    .testTarget(
      name: "LambdaRuntimeTests",
      dependencies: ["CacheSupport", "HTTPTransport", "LambdaRuntime", "LocalCloud", "TestSupport"]),
    .testTarget(
      name: "TimeSeriesCacheTests",
      dependencies: [
        "CacheSupport", "Compression", "HTTPTransport", "AWSClients", "LambdaRuntime", "TimeSeriesCache", "LocalCloud",
        "TestSupport",
      ]),
    .testTarget(
      name: "HistoryStoreTests",
      dependencies: ["CacheSupport", "HTTPTransport", "AWSClients", "TimeSeriesCache", "LocalCloud", "TestSupport"]),
    .testTarget(
      name: "CommandLineSupportTests",
      dependencies: ["CacheSupport", "HTTPTransport", "LambdaRuntime", "CommandLineSupport", "TestSupport"]),
    .testTarget(name: "TimestreamSQLTests", dependencies: ["CacheSupport", "SQLiteStore", "TimestreamSQL"]),
    .testTarget(name: "SQLiteStoreTests", dependencies: ["SQLiteStore"]),
    .testTarget(
      name: "LocalCloudTests",
      dependencies: [
        "CacheSupport", "Compression", "AWSClients", "SQLiteStore", "TimestreamSQL", "LocalCloud", "TestSupport",
      ]),
  ]
)

for target in package.targets where target.type != .system && target.name != "CGlibcCompat" {
  target.swiftSettings = (target.swiftSettings ?? []) + settings
}
