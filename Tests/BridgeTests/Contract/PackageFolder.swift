import Foundation

/// The folder of the package, which tests read documents and sources from.
enum PackageFolder {
  /// The path of a file of the package.
  static func file(_ path: String) -> String { root.appending(path: path).path }

  /// The text of every Swift file below a folder, with its path.
  static func sources(below folder: String) throws -> [(path: String, text: String)] {
    let files = FileManager.default.enumerator(atPath: file(folder))
    return try (files?.compactMap { $0 as? String } ?? [])
      .filter { $0.hasSuffix(".swift") }
      .map { path in
        let file = file("\(folder)/\(path)")
        return ("\(folder)/\(path)", try String(contentsOfFile: file, encoding: .utf8))
      }
  }

  private static let root = (0..<4).reduce(URL(filePath: #filePath)) { url, _ in
    url.deletingLastPathComponent()
  }
}
