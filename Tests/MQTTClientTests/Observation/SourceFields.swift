import FoundationEssentials

/// What the sources of the client declare.
enum SourceFields {
  /// The names of the public stored properties in the body of a type, nested types left out.
  static func publicVariables(of type: String, in folder: String) -> Set<String> {
    let tests = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(4)
    let path = tests.joined(separator: "/") + "/Sources/MQTTClient/\(folder)/\(type).swift"
    guard let data = FileManager.default.contents(atPath: path) else { return [] }
    let text = String(decoding: data, as: UTF8.self)
    var names: Set<String> = []
    var isInside = false
    for line in text.split(separator: "\n") {
      if line.hasPrefix("public struct \(type)") { isInside = true }
      if line == "}" { isInside = false }
      guard isInside, !line.hasSuffix("{"), !line.hasSuffix("}") else { continue }
      for start in ["  public var ", "  public let ", "  public internal(set) var "]
      where line.hasPrefix(start) {
        names.insert(String(line.dropFirst(start.count).prefix { $0.isLetter || $0.isNumber }))
      }
    }
    return names
  }
}
