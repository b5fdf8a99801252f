import JSONText

/// A JSON value of a token, with the place it stands at for the words of an error.
struct ClaimNode {
  let value: JSONNode.Value
  let pointer: String

  init(_ node: JSONNode, at pointer: String = "") {
    value = node.value
    self.pointer = pointer
  }

  func error(_ reason: String) -> ClaimError { ClaimError(pointer, reason) }

  func string() throws(ClaimError) -> String {
    guard case .string(let text) = value else { throw error("a text is expected") }
    return text
  }

  func bool() throws(ClaimError) -> Bool {
    guard case .bool(let flag) = value else { throw error("true or false is expected") }
    return flag
  }

  /// An integer without sign, fraction or exponent.
  func number(_ range: ClosedRange<Int>) throws(ClaimError) -> Int {
    guard case .number(let text) = value, let number = Int(text), range.contains(number),
      text.utf8.allSatisfy({ (0x30...0x39).contains($0) })
    else {
      throw error("a whole number from \(range.lowerBound) to \(range.upperBound) is expected")
    }
    return number
  }

  func elements(atMost limit: Int) throws(ClaimError) -> [ClaimNode] {
    guard case .array(let nodes) = value else { throw error("a list is expected") }
    guard nodes.count <= limit else { throw error("more than \(limit) entries") }
    return nodes.indices.map { ClaimNode(nodes[$0], at: "\(pointer)/\($0)") }
  }

  func strings(atMost limit: Int) throws(ClaimError) -> [(text: String, node: ClaimNode)] {
    try elements(atMost: limit).map { node throws(ClaimError) in (try node.string(), node) }
  }

  func members() throws(ClaimError) -> [(name: String, node: ClaimNode)] {
    guard case .object(let members) = value else { throw error("an object is expected") }
    return members.map { ($0.name, ClaimNode($0.node, at: child($0.name))) }
  }

  private func child(_ name: String) -> String {
    var escaped = ""
    for character in name.unicodeScalars {
      switch character {
      case "~": escaped += "~0"
      case "/": escaped += "~1"
      default: escaped.unicodeScalars.append(character)
      }
    }
    return "\(pointer)/\(escaped)"
  }
}
