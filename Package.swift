// swift-tools-version: 6.3
import PackageDescription

/// The strictest compiler this toolchain offers; every target uses it.
let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .treatAllWarnings(as: .error),
  .strictMemorySafety(),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("ImmutableWeakCaptures"),
  .enableUpcomingFeature("InferIsolatedConformances"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

let collections = Target.Dependency.product(name: "Collections", package: "swift-collections")

let package = Package(
  name: "mqtt-bridge",
  products: [
    .executable(name: "mqtt-bridge", targets: ["Bridge"]),
    .library(name: "MQTTClient", targets: ["MQTTClient"]),
    .library(name: "MQTTSessionStore", targets: ["MQTTSessionStore"]),
    .library(name: "MQTTClientTesting", targets: ["MQTTClientTesting"]),
    .executable(name: "mqtt-probe", targets: ["mqtt-probe"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", "1.8.0"..<"2.0.0"),
    .package(url: "https://github.com/apple/swift-collections", "1.6.0"..<"2.0.0"),
    .package(
      url: "https://github.com/apple/swift-configuration", "1.4.0"..<"2.0.0",
      traits: ["YAML"]),
    .package(url: "https://github.com/apple/swift-log", "1.16.0"..<"2.0.0"),
    .package(url: "https://github.com/jpsim/Yams", "6.2.0"..<"7.0.0"),
    .package(url: "https://github.com/vapor/jwt-kit", "5.7.0"..<"6.0.0"),
  ],
  targets: [
    .systemLibrary(
      name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
    .systemLibrary(name: "CLinux"),
    .systemLibrary(
      name: "CMicroHTTPD", pkgConfig: "libmicrohttpd", providers: [.apt(["libmicrohttpd-dev"])]),
    .systemLibrary(name: "COpenSSL", pkgConfig: "openssl", providers: [.apt(["libssl-dev"])]),
    .systemLibrary(name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),

    .target(name: "EventLoop", dependencies: ["CLinux"], swiftSettings: strict),
    .target(name: "WebSocketProtocol", dependencies: ["CZlib"], swiftSettings: strict),
    .target(
      name: "MQTTClient",
      dependencies: ["EventLoop", "CLinux", "COpenSSL", "WebSocketProtocol", collections],
      exclude: ["README.md"], swiftSettings: strict),
    .target(
      name: "HTTPFront",
      dependencies: ["EventLoop", "CLinux", "CMicroHTTPD", "WebSocketProtocol", collections],
      swiftSettings: strict),
    .target(name: "Metrics", swiftSettings: strict),
    .target(name: "COpenAPI"),
    .target(name: "APIDescription", dependencies: ["COpenAPI"], swiftSettings: strict),
    .target(name: "CConsole"),
    .target(name: "ConsoleFiles", dependencies: ["CConsole"], swiftSettings: strict),
    .target(
      name: "Store", dependencies: ["EventLoop", "Metrics", "CSQLite"], swiftSettings: strict),
    .target(name: "JSONText", swiftSettings: strict),
    .target(
      name: "Access",
      dependencies: [
        "JSONText", "MQTTClient", "WebSocketProtocol",
        .product(name: "JWTKit", package: "jwt-kit"),
      ],
      swiftSettings: strict),
    .target(name: "HTTPClient", dependencies: ["EventLoop", "CCurl"], swiftSettings: strict),
    .target(name: "Webhooks", dependencies: ["HTTPClient", collections], swiftSettings: strict),
    .executableTarget(
      name: "Bridge",
      dependencies: [
        "Access", "APIDescription", "ConsoleFiles", "EventLoop", "HTTPClient", "HTTPFront",
        "JSONText",
        "Metrics", "MQTTClient", "Store", "WebSocketProtocol", "Webhooks", collections,
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Configuration", package: "swift-configuration"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "Yams", package: "Yams"),
      ],
      swiftSettings: strict),

    .target(
      name: "MQTTSessionStore", dependencies: ["EventLoop", "MQTTClient", "Store", collections],
      swiftSettings: strict),
    .target(
      name: "MQTTClientTesting", dependencies: ["EventLoop", "MQTTClient"], swiftSettings: strict),
    .testTarget(
      name: "MQTTClientTestingTests",
      dependencies: ["EventLoop", "MQTTClient", "MQTTClientTesting", "TestSupport"],
      swiftSettings: strict),

    .target(
      name: "TestSupport", dependencies: ["COpenSSL", "EventLoop", "WebSocketProtocol"],
      path: "Tests/TestSupport", swiftSettings: strict),
    .executableTarget(
      name: "mqtt-probe", dependencies: ["EventLoop", "MQTTClient"],
      path: "Tests/Fixtures/mqtt-probe", swiftSettings: strict),
    .executableTarget(
      name: "mqtt-soak", dependencies: ["EventLoop", "MQTTClient", "MQTTSessionStore"],
      path: "Tests/Fixtures/mqtt-soak", swiftSettings: strict),
    .executableTarget(
      name: "micro-bench",
      dependencies: ["EventLoop", "HTTPFront", "MQTTClient", "Store", "TestSupport"],
      path: "Benchmarks/micro-bench", swiftSettings: strict),
    .executableTarget(
      name: "ws-echo-client", dependencies: ["TestSupport", "WebSocketProtocol"],
      path: "Tests/Fixtures/ws-echo-client", swiftSettings: strict),
    .executableTarget(
      name: "ws-echo-server",
      dependencies: ["EventLoop", "HTTPFront", "TestSupport", "WebSocketProtocol"],
      path: "Tests/Fixtures/ws-echo-server", swiftSettings: strict),
    .testTarget(
      name: "EventLoopTests", dependencies: ["EventLoop", "TestSupport"], swiftSettings: strict),
    .testTarget(
      name: "WebSocketProtocolTests", dependencies: ["WebSocketProtocol", "TestSupport"],
      swiftSettings: strict),
    .testTarget(
      name: "MQTTClientTests",
      dependencies: [
        "EventLoop", "MQTTClient", "MQTTClientTesting", "TestSupport", "WebSocketProtocol",
      ],
      swiftSettings: strict),
    .testTarget(name: "JSONTextTests", dependencies: ["JSONText"], swiftSettings: strict),
    .testTarget(
      name: "AccessTests",
      dependencies: [
        "Access", "JSONText", "MQTTClient", "TestSupport", "WebSocketProtocol",
        .product(name: "JWTKit", package: "jwt-kit"),
      ],
      swiftSettings: strict),
    .testTarget(
      name: "HTTPFrontTests",
      dependencies: ["HTTPFront", "EventLoop", "TestSupport", "WebSocketProtocol"],
      swiftSettings: strict),
    .testTarget(
      name: "StoreTests", dependencies: ["EventLoop", "Store", "TestSupport"], swiftSettings: strict
    ),
    .testTarget(
      name: "HTTPClientTests", dependencies: ["EventLoop", "HTTPClient", "TestSupport"],
      swiftSettings: strict),
    .testTarget(
      name: "WebhooksTests",
      dependencies: ["EventLoop", "HTTPClient", "TestSupport", "Webhooks"], swiftSettings: strict),
    .testTarget(
      name: "BridgeTests",
      dependencies: [
        "Access", "Bridge", "ConsoleFiles", "EventLoop", "HTTPClient", "HTTPFront", "JSONText",
        "Metrics", "MQTTClient", "MQTTClientTesting",
        "Store", "TestSupport", "Webhooks",
        .product(name: "JWTKit", package: "jwt-kit"),
        .product(name: "Yams", package: "Yams"),
      ],
      swiftSettings: strict),
    .testTarget(name: "MetricsTests", dependencies: ["Metrics"], swiftSettings: strict),
    .testTarget(
      name: "TestSupportTests", dependencies: ["TestSupport"], swiftSettings: strict),
    .testTarget(
      name: "MQTTSessionStoreTests",
      dependencies: ["EventLoop", "MQTTClient", "MQTTSessionStore", "TestSupport"],
      swiftSettings: strict),
    .testTarget(name: "TidyTests", swiftSettings: strict),
  ]
)
