import FoundationEssentials

/// A fresh directory that is removed, with everything in it, when its owner lets go of it.
package final class TemporaryDirectory: Sendable {
  package let path: String

  package init() throws {
    path = "/tmp/mqtt-bridge-test-\(UUID().uuidString.lowercased().prefix(13))"
    try FileManager.default.createDirectory(
      atPath: path, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
  }

  deinit {
    try? FileManager.default.removeItem(atPath: path)
  }

  /// The path of an entry of this directory, which need not exist.
  package func file(_ name: String) -> String { path + "/" + name }

  /// Writes a text file into this directory and returns its path.
  @discardableResult
  package func write(_ text: String, to name: String) throws -> String {
    let path = file(name)
    try Data(text.utf8).write(to: URL(filePath: path))
    return path
  }
}
