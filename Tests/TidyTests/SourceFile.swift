import FoundationEssentials

/// A text file of the repository.
struct SourceFile: Sendable, CustomStringConvertible {
  /// Relative to the root of the repository.
  let path: String
  let text: String
  /// Its code, when it is a Swift file.
  let code: SwiftCode

  init(path: String, text: String) {
    self.path = path
    self.text = text
    code = SwiftCode(path.hasSuffix(".swift") ? text : "")
  }

  var description: String { path }

  var isSwift: Bool { path.hasSuffix(".swift") }
  var name: Substring { path.split(separator: "/").last ?? "" }
  var lineCount: Int { text.utf8.count { $0 == UInt8(ascii: "\n") } }

  /// Whether the file lies in this folder, or is this file.
  func isIn(_ folder: String) -> Bool { path == folder || path.hasPrefix(folder + "/") }

  /// The modules it imports; of `import struct A.B` the module A.
  var imports: Set<String> {
    let kinds: Set = ["struct", "class", "enum", "protocol", "func", "var", "let", "typealias"]
    let lines = code.text.split(separator: "\n")
    return Set(
      lines.compactMap { line in
        let words = line.split(separator: " ")
        guard let index = words.firstIndex(of: "import"),
          words[..<index].allSatisfy({ $0.first == "@" || Self.accessLevels.contains(String($0)) })
        else { return nil }
        let name = words[(index + 1)...].first { !kinds.contains(String($0)) }
        return name?.split(separator: ".").first.map(String.init)
      })
  }

  private static let accessLevels: Set = [
    "public", "package", "internal", "fileprivate", "private",
  ]
}

/// The files of the repository, without what is built, fetched or stored.
enum Repository {
  static let root = "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")

  /// What belongs to the repository at its root; anything else there is the user's own.
  private static let entries = [
    ".ci", ".gitignore", ".swift-format", "Benchmarks", "Console", "Fuzz", "LICENSE", "Makefile",
    "Package.swift", "Snippets", "Sources", "Tests", "deploy", "docs", "openapi.yaml", "scripts",
  ]
  private static let textEndings = [
    ".swift", ".md", ".sh", ".yaml", ".yml", ".h", ".c", ".json", ".modulemap", ".html", ".js",
    ".css", ".ts", ".service",
  ]

  /// The Swift files under a folder.
  static func swiftFiles(under folder: String) throws -> [SourceFile] {
    try files().filter { $0.isSwift && $0.isIn(folder) }
  }

  /// All text files that are kept in the repository.
  static func files() throws -> [SourceFile] { try loaded.get() }

  private static let loaded = Result {
    try FileManager.default.contentsOfDirectory(atPath: root)
      .filter { entries.contains($0) || $0.hasSuffix(".md") }
      .flatMap(files(in:))
      .sorted { $0.path < $1.path }
  }

  /// The text of a file at the root, or nil when there is none.
  static func text(of path: String) -> String? {
    FileManager.default.contents(atPath: root + "/" + path).map {
      String(decoding: $0, as: UTF8.self)
    }
  }

  private static func files(in path: String) throws -> [SourceFile] {
    // Inputs of the fuzz targets are any bytes.
    if path.hasSuffix("/corpus") { return [] }
    let children = try? FileManager.default.contentsOfDirectory(atPath: root + "/" + path)
    if let children { return try children.flatMap { try files(in: path + "/" + $0) } }
    let name = path.split(separator: "/").last ?? ""
    guard !name.contains(".") || name.first == "." || textEndings.contains(where: path.hasSuffix)
    else { return [] }
    let data = try Data(contentsOf: URL(filePath: root + "/" + path))
    return [SourceFile(path: path, text: String(decoding: data, as: UTF8.self))]
  }
}
