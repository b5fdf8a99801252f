import Foundation

/// A directory that vanishes with the test.
final class TemporaryDirectory: Sendable {
  let path: String
  private let isOwned: Bool

  init() throws {
    let url = FileManager.default.temporaryDirectory.appending(path: "store-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: false)
    path = url.path()
    isOwned = true
  }

  /// A directory that somebody else removes.
  init(existing path: String) {
    self.path = path
    isOwned = false
  }

  deinit { if isOwned { try? FileManager.default.removeItem(atPath: path) } }

  var databasePath: String { path + "/bridge.sqlite3" }

  /// Copies the database and its log as a crash at this moment would leave them.
  func copyFiles(to other: TemporaryDirectory) throws {
    for name in ["bridge.sqlite3", "bridge.sqlite3-wal"] {
      let source = path + "/" + name
      guard FileManager.default.fileExists(atPath: source) else { continue }
      try FileManager.default.copyItem(atPath: source, toPath: other.path + "/" + name)
    }
  }

  func write(_ bytes: Data, to name: String) throws {
    try bytes.write(to: URL(filePath: path + "/" + name))
  }

  func read(_ name: String) throws -> Data {
    try Data(contentsOf: URL(filePath: path + "/" + name))
  }

  func fileSize(_ name: String) -> Int {
    let attributes = try? FileManager.default.attributesOfItem(atPath: path + "/" + name)
    return attributes?[.size] as? Int ?? 0
  }
}
