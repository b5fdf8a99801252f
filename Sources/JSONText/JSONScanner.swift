/// Reads one JSON text strictly. [RFC 8259]
///
/// Names that occur twice are refused, because two readers could disagree about which one counts.
package struct JSONScanner {
  package static let depthMaximum = 64

  private let bytes: [UInt8]
  private var offset = 0

  private init(_ bytes: [UInt8]) { self.bytes = bytes }

  package static func scan(_ bytes: [UInt8]) throws(JSONError) -> JSONNode {
    var scanner = JSONScanner(bytes)
    let node = try scanner.value(depth: 0)
    scanner.skipSpace()
    guard scanner.offset == bytes.count else { throw scanner.error(.trailingText) }
    return node
  }

  private func error(_ reason: JSONError.Reason) -> JSONError {
    JSONError(reason: reason, offset: offset)
  }

  private var next: UInt8? { offset < bytes.count ? bytes[offset] : nil }

  private mutating func skipSpace() {
    while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
      offset += 1
    }
  }

  private mutating func value(depth: Int) throws(JSONError) -> JSONNode {
    guard depth < Self.depthMaximum else { throw error(.tooDeep) }
    skipSpace()
    let start = offset
    let value: JSONNode.Value
    switch next {
    case UInt8(ascii: "{"): value = .object(try members(depth: depth))
    case UInt8(ascii: "["): value = .array(try elements(depth: depth))
    case UInt8(ascii: "\""): value = .string(try string())
    case UInt8(ascii: "t"): value = try word("true", .bool(true))
    case UInt8(ascii: "f"): value = try word("false", .bool(false))
    case UInt8(ascii: "n"): value = try word("null", .null)
    case nil: throw error(.unexpectedEnd)
    default: value = .number(try number())
    }
    return JSONNode(value: value, range: start..<offset)
  }

  private mutating func word(
    _ word: StaticString, _ value: JSONNode.Value
  ) throws(JSONError) -> JSONNode.Value {
    for expected in word.description.utf8 {
      try expect(expected)
    }
    return value
  }

  private mutating func expect(_ expected: UInt8) throws(JSONError) {
    guard let byte = next else { throw error(.unexpectedEnd) }
    guard byte == expected else { throw error(.unexpectedByte) }
    offset += 1
  }

  private mutating func members(depth: Int) throws(JSONError) -> [JSONMember] {
    try expect(UInt8(ascii: "{"))
    var members: [JSONMember] = []
    var names: Set<String> = []
    skipSpace()
    if next == UInt8(ascii: "}") {
      offset += 1
      return []
    }
    while true {
      skipSpace()
      guard next == UInt8(ascii: "\"") else {
        throw error(next == nil ? .unexpectedEnd : .unexpectedByte)
      }
      let name = try string()
      guard names.insert(name).inserted else { throw error(.duplicateName) }
      skipSpace()
      try expect(UInt8(ascii: ":"))
      members.append(JSONMember(name: name, node: try value(depth: depth + 1)))
      skipSpace()
      if next == UInt8(ascii: "}") { break }
      try expect(UInt8(ascii: ","))
    }
    offset += 1
    return members
  }

  private mutating func elements(depth: Int) throws(JSONError) -> [JSONNode] {
    try expect(UInt8(ascii: "["))
    var elements: [JSONNode] = []
    skipSpace()
    if next == UInt8(ascii: "]") {
      offset += 1
      return []
    }
    while true {
      elements.append(try value(depth: depth + 1))
      skipSpace()
      if next == UInt8(ascii: "]") { break }
      try expect(UInt8(ascii: ","))
    }
    offset += 1
    return elements
  }

  private mutating func digits() throws(JSONError) {
    let start = offset
    while let byte = next, byte >= 0x30, byte <= 0x39 { offset += 1 }
    guard offset > start else { throw error(.badNumber) }
  }

  private mutating func number() throws(JSONError) -> String {
    let start = offset
    if next == UInt8(ascii: "-") { offset += 1 }
    if next == UInt8(ascii: "0") {
      offset += 1
    } else {
      guard let byte = next, byte >= 0x31, byte <= 0x39 else {
        throw error(offset == start ? .unexpectedByte : .badNumber)
      }
      try digits()
    }
    if next == UInt8(ascii: ".") {
      offset += 1
      try digits()
    }
    if next == UInt8(ascii: "e") || next == UInt8(ascii: "E") {
      offset += 1
      if next == UInt8(ascii: "+") || next == UInt8(ascii: "-") { offset += 1 }
      try digits()
    }
    return String(decoding: bytes[start..<offset], as: UTF8.self)
  }

  private mutating func string() throws(JSONError) -> String {
    try expect(UInt8(ascii: "\""))
    var text: [UInt8] = []
    while true {
      let start = offset
      while let byte = next, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\"), byte >= 0x20 {
        offset += 1
      }
      text.append(contentsOf: bytes[start..<offset])
      switch next {
      case nil: throw error(.unexpectedEnd)
      case UInt8(ascii: "\""):
        offset += 1
        guard let string = String(validating: text, as: UTF8.self) else { throw error(.notUTF8) }
        return string
      case UInt8(ascii: "\\"):
        offset += 1
        try escape(into: &text)
      default: throw error(.controlCharacter)
      }
    }
  }

  private mutating func escape(into text: inout [UInt8]) throws(JSONError) {
    guard let byte = next else { throw error(.unexpectedEnd) }
    offset += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
    case UInt8(ascii: "b"): text.append(0x08)
    case UInt8(ascii: "f"): text.append(0x0C)
    case UInt8(ascii: "n"): text.append(0x0A)
    case UInt8(ascii: "r"): text.append(0x0D)
    case UInt8(ascii: "t"): text.append(0x09)
    case UInt8(ascii: "u"): text.append(contentsOf: String(try escapedScalar()).utf8)
    default: throw error(.badEscape)
    }
  }

  private mutating func escapedScalar() throws(JSONError) -> Character {
    let first = try codeUnit()
    if let scalar = Unicode.Scalar(first) { return Character(scalar) }
    guard first < 0xDC00 else { throw error(.loneSurrogate) }
    guard next == UInt8(ascii: "\\") else { throw error(.loneSurrogate) }
    offset += 1
    guard next == UInt8(ascii: "u") else { throw error(.loneSurrogate) }
    offset += 1
    let second = try codeUnit()
    guard (0xDC00..<0xE000).contains(second) else { throw error(.loneSurrogate) }
    let value = 0x10000 + (UInt32(first - 0xD800) << 10) + UInt32(second - 0xDC00)
    guard let scalar = Unicode.Scalar(value) else { throw error(.loneSurrogate) }
    return Character(scalar)
  }

  private mutating func codeUnit() throws(JSONError) -> UInt16 {
    var unit: UInt16 = 0
    for _ in 0..<4 {
      guard let byte = next else { throw error(.unexpectedEnd) }
      guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
        throw error(.badEscape)
      }
      unit = unit << 4 | UInt16(digit)
      offset += 1
    }
    return unit
  }
}
