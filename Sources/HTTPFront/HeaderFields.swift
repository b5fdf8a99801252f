/// Header fields in the order they arrived or will be sent; names compare without case.
package struct HeaderFields: Equatable, Sendable, ExpressibleByDictionaryLiteral {
  package struct Field: Equatable, Sendable {
    package let name: String
    package let value: String
  }

  /// As many as most requests have.
  private static let usualCount = 8

  package private(set) var fields: [Field] = []

  package init() {}

  /// Fields in this order; repeats are kept.
  package init(dictionaryLiteral pairs: (String, String)...) {
    for (name, value) in pairs { append(name, value) }
  }

  package var count: Int { fields.count }

  /// The first value of a name.
  package subscript(name: String) -> String? {
    for field in fields where Self.same(field.name, name) { return field.value }
    return nil
  }

  /// Every value of a name, in order.
  package func values(_ name: String) -> [String] {
    var values: [String] = []
    for field in fields where Self.same(field.name, name) { values.append(field.value) }
    return values
  }

  /// The elements of a comma-separated list header, over all its lines, trimmed and not empty.
  package func list(_ name: String) -> [Substring] {
    values(name).flatMap { value in
      value.split(separator: ",").map(Self.trimmed).filter { !$0.isEmpty }
    }
  }

  package func contains(_ name: String) -> Bool {
    for field in fields where Self.same(field.name, name) { return true }
    return false
  }

  /// How many fields have this name.
  func count(of name: String) -> Int {
    var count = 0
    for field in fields where Self.same(field.name, name) { count += 1 }
    return count
  }

  /// Adds a field; what could end the line or forge another one is replaced.
  ///
  /// Control characters in the value become spaces, and characters that are illegal in a name
  /// are left out; a field without a name is not added.
  package mutating func append(_ name: String, _ value: String) {
    let name = Self.isToken(name) ? name : Self.token(from: name)
    guard !name.isEmpty else { return }
    if fields.isEmpty { fields.reserveCapacity(Self.usualCount) }
    fields.append(Field(name: name, value: Self.line(from: value)))
  }

  /// Replaces every field of this name by one.
  package mutating func set(_ name: String, _ value: String) {
    if contains(name) { fields.removeAll { Self.same($0.name, name) } }
    append(name, value)
  }

  /// Adds a field as a peer has sent it; false when a name or value of that shape is not allowed,
  /// and what was added is only like it.
  mutating func appendReceived(_ name: String, _ value: String) -> Bool {
    guard !name.isEmpty, Self.isToken(name), !Self.hasControl(value) else {
      append(name, value)
      return false
    }
    if fields.isEmpty { fields.reserveCapacity(Self.usualCount) }
    fields.append(Field(name: name, value: value))
    return true
  }

  private static func isToken(_ text: String) -> Bool {
    for byte in text.utf8 where !isToken(byte) { return false }
    return true
  }

  private static func hasControl(_ text: String) -> Bool {
    for byte in text.utf8 where isControl(byte) { return true }
    return false
  }

  private static func token(from text: String) -> String {
    String(decoding: text.utf8.filter(isToken), as: UTF8.self)
  }

  private static func line(from text: String) -> String {
    guard hasControl(text) else { return text }
    return String(decoding: text.utf8.map { isControl($0) ? 0x20 : $0 }, as: UTF8.self)
  }

  private static func isControl(_ byte: UInt8) -> Bool {
    (byte < 0x20 && byte != 0x09) || byte == 0x7F
  }

  /// Whether a byte may be part of a header name (RFC 9110, tchar).
  private static func isToken(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "!"),
      UInt8(ascii: "#")...UInt8(ascii: "'"), UInt8(ascii: "*"), UInt8(ascii: "+"),
      UInt8(ascii: "."), UInt8(ascii: "^")...UInt8(ascii: "`"), UInt8(ascii: "|"),
      UInt8(ascii: "~"):
      true
    default: false
    }
  }

  private static func trimmed(_ text: Substring) -> Substring {
    let isBlank = { (character: Character) in character == " " || character == "\t" }
    var text = text.drop(while: isBlank)
    while let last = text.last, isBlank(last) { text.removeLast() }
    return text
  }

  package static func same(_ left: String, _ right: String) -> Bool {
    let (left, right) = (left.utf8, right.utf8)
    guard left.count == right.count else { return false }
    var others = right.makeIterator()
    for byte in left {
      guard let other = others.next(), lowercase(byte) == lowercase(other) else { return false }
    }
    return true
  }

  /// Whether a name begins so, without regard to case.
  package static func begins(_ name: String, with prefix: String) -> Bool {
    var bytes = name.utf8.makeIterator()
    for byte in prefix.utf8 {
      guard let other = bytes.next(), lowercase(byte) == lowercase(other) else { return false }
    }
    return true
  }

  private static func lowercase(_ byte: UInt8) -> UInt8 {
    byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") ? byte | 0x20 : byte
  }
}
