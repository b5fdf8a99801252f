// swift-tools-version: 6.3
import PackageDescription

/// The settings of the package above.
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

// A package of its own, so that it can use nothing but the public interface of the library.
let package = Package(
  name: "benchmarks",
  dependencies: [.package(name: "mqtt-bridge", path: "..")],
  targets: [
    .executableTarget(
      name: "client-bench",
      dependencies: [.product(name: "MQTTClient", package: "mqtt-bridge")],
      path: "client-bench", swiftSettings: strict)
  ]
)
