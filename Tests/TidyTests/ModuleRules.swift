/// What the files of one folder may import.
struct ModuleRule {
  let folder: String
  let imports: Set<String>
  /// No clock, no randomness, no output: the same inputs always give the same outputs.
  var isPure = false
  /// Where C is called, and so the only place for `unsafe`.
  var isBoundary = false
}

/// The module table of ARCHITECTURE.md.
enum ModuleRules {
  private static let collections: Set = [
    "BasicContainers", "BitCollections", "Collections", "DequeModule", "HashTreeCollections",
    "HeapModule", "OrderedCollections",
  ]

  /// Of several rules for a file, the one with the longest folder counts.
  static let all: [ModuleRule] = [
    ModuleRule(
      folder: "Sources/EventLoop", imports: ["CLinux", "Glibc", "Synchronization"],
      isBoundary: true),
    ModuleRule(folder: "Sources/WebSocketProtocol", imports: [], isPure: true),
    ModuleRule(
      folder: "Sources/WebSocketProtocol/Deflate", imports: ["CZlib"], isPure: true,
      isBoundary: true),
    ModuleRule(
      folder: "Sources/MQTTClient",
      imports: collections.union(["EventLoop", "Synchronization"])),
    ModuleRule(
      folder: "Sources/MQTTClient/Authentication", imports: ["WebSocketProtocol"]),
    ModuleRule(folder: "Sources/MQTTClient/Wire", imports: collections, isPure: true),
    ModuleRule(folder: "Sources/MQTTClient/Session", imports: collections, isPure: true),
    ModuleRule(folder: "Sources/MQTTClient/Options", imports: collections, isPure: true),
    ModuleRule(
      folder: "Sources/MQTTClient/Link",
      imports: collections.union(["EventLoop", "WebSocketProtocol", "Glibc", "Synchronization"])),
    ModuleRule(
      folder: "Sources/MQTTClient/Transport",
      imports: collections.union(["EventLoop", "WebSocketProtocol", "Glibc", "Synchronization"])),
    ModuleRule(
      folder: "Sources/MQTTClient/Transport/TLS",
      imports: ["COpenSSL", "EventLoop", "Glibc", "Synchronization"], isBoundary: true),
    ModuleRule(
      folder: "Sources/MQTTClient/Cryptography", imports: ["COpenSSL"], isBoundary: true),
    ModuleRule(
      folder: "Sources/MQTTClientTesting", imports: ["EventLoop", "MQTTClient"]),
    ModuleRule(
      folder: "Sources/HTTPFront",
      imports: collections.union(["EventLoop", "Synchronization", "WebSocketProtocol"])),
    ModuleRule(
      folder: "Sources/HTTPFront/MicroHTTPD",
      imports: collections.union([
        "CLinux", "CMicroHTTPD", "EventLoop", "Glibc", "Synchronization", "WebSocketProtocol",
      ]),
      isBoundary: true),
    ModuleRule(
      folder: "Sources/APIDescription", imports: ["COpenAPI"], isBoundary: true),
    ModuleRule(folder: "Sources/ConsoleFiles", imports: ["CConsole"], isBoundary: true),
    ModuleRule(folder: "Sources/Metrics", imports: ["Synchronization"]),
    ModuleRule(
      folder: "Sources/Store",
      imports: collections.union(["EventLoop", "Metrics", "Synchronization"])),
    ModuleRule(
      folder: "Sources/Store/SQLite",
      imports: ["CSQLite", "EventLoop", "Glibc", "Synchronization"], isBoundary: true),
    ModuleRule(
      folder: "Sources/MQTTSessionStore",
      imports: collections.union(["EventLoop", "MQTTClient", "Store"])),
    ModuleRule(folder: "Sources/JSONText", imports: [], isPure: true),
    ModuleRule(
      folder: "Sources/Access", imports: ["JSONText", "MQTTClient", "WebSocketProtocol"],
      isPure: true),
    ModuleRule(
      folder: "Sources/Access/Tokens",
      imports: ["FoundationEssentials", "JSONText", "JWTKit", "MQTTClient", "WebSocketProtocol"],
      isPure: true),
    ModuleRule(
      folder: "Sources/HTTPClient", imports: ["CCurl", "EventLoop"], isBoundary: true),
    ModuleRule(
      folder: "Sources/Webhooks", imports: collections.union(["HTTPClient"]), isPure: true),
    ModuleRule(
      folder: "Sources/Bridge",
      imports: collections.union([
        "APIDescription", "Access", "ArgumentParser", "Configuration", "ConsoleFiles", "EventLoop",
        "FoundationEssentials",
        "HTTPClient", "HTTPFront", "JSONText", "Logging", "MQTTClient", "Metrics", "Store",
        "Synchronization",
        "WebSocketProtocol", "Webhooks", "Yams",
      ])),
  ]

  static func rule(for file: SourceFile) -> ModuleRule? {
    all.filter { file.isIn($0.folder) }.max { $0.folder.utf8.count < $1.folder.utf8.count }
  }
}
