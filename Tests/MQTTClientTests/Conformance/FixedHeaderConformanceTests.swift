import MQTTClient
import Testing

/// Chapter 2: what every packet begins with.
@Suite struct FixedHeaderConformanceTests {
  /// The reserved flags as the specification lists them; PUBLISH alone has none.
  static let flags: [PacketType: UInt8] = [
    .connect: 0, .connectAck: 0, .publishAck: 0, .publishReceived: 0, .publishRelease: 2,
    .publishComplete: 0, .subscribe: 2, .subscribeAck: 0, .unsubscribe: 2, .unsubscribeAck: 0,
    .pingRequest: 0, .pingResponse: 0, .disconnect: 0, .auth: 0,
  ]

  static let brokersOnly: Set<PacketType> = [.connect, .subscribe, .unsubscribe, .pingRequest]

  @Test(arguments: flags)
  func `reserved flags other than the listed ones are refused`(
    type: PacketType, listed: UInt8
  ) {
    for flags in UInt8(0)...15 {
      let first = type.rawValue << 4 | flags
      let bytes = [first, 0]
      var decoder = PacketDecoder(
        Self.brokersOnly.contains(type) ? .server : .client, .v5, for: bytes)
      decoder.append(bytes)
      let result = Result { () throws(DecodeError) in try decoder.next() }
      let isRefused = result == .failure(.malformed(.flagsReserved, at: 0))
      #expect(isRefused == (flags != listed), "\(type.name) with \(flags)")
    }
  }

  @Test(arguments: PacketVector.canonical)
  func `what is sent has the listed flags`(vector: PacketVector) throws {
    var bytes: [UInt8] = []
    try PacketEncoder.encode(vector.packet, version: vector.version, into: &bytes)
    let type = vector.packet.type
    #expect(bytes[0] >> 4 == type.rawValue)
    #expect(Self.flags[type] == nil || bytes[0] & 0x0F == Self.flags[type])
  }

  /// The bytes of a text field and of what stands around it.
  static let texts: [(name: String, before: String, after: String)] = [
    ("topic name", "30", "[]"), ("content type", "30 't' 03", ""),
    ("response topic", "30 't' 08", ""), ("name of a user property", "30 't' 26", "'v'"),
    ("value of a user property", "30 't' 26 'n'", ""), ("reason string", "40 0001 00 1F", ""),
    ("assigned client identifier", "20 00 00 12", ""), ("server reference", "20 00 00 1C", ""),
    ("response information", "20 00 00 1A", ""), ("authentication method", "20 00 00 15", ""),
    ("reason string of SUBACK", "90 0001 1F", "| 00"),
    ("reason string of DISCONNECT", "E0 00 1F", ""),
  ]

  @Test(arguments: texts.indices, ["C0AF", "EDA080", "F4908080", "FF", "610062"])
  func `no text field takes what is not UTF-8, or U+0000`(field: Int, text: String) {
    let bytes = Self.packet(Self.texts[field], text: text)
    var decoder = PacketDecoder(version: .v5)
    decoder.append(bytes)
    let error = #expect(throws: DecodeError.self) { try decoder.next() }
    guard case .malformed(let malformation, _) = error else {
      Issue.record("\(Self.texts[field].name): \(String(describing: error))")
      return
    }
    #expect(malformation == (text == "610062" ? .stringContainsNUL : .stringNotUTF8))
  }

  /// Type, fixed fields, then one property block with the field, or the field itself before `[]`.
  private static func packet(
    _ field: (name: String, before: String, after: String), text: String
  ) -> [UInt8] {
    let length = text.utf8.count / 2
    let value = "00" + (length < 16 ? "0" : "") + String(length, radix: 16) + text
    let type = String(field.before.prefix(2))
    let fixed = field.before.dropFirst(2)
    if field.after == "[]" { return wire("\(type) [\(value) []]") }
    let parts = field.after.split(separator: "|", omittingEmptySubsequences: false)
    let inside = parts.first ?? ""
    let behind = parts.count > 1 ? String(parts[1]) : ""
    // The property identifier is the last byte of the head; a name is before a value.
    let words = fixed.split(separator: " ").map(String.init)
    let start = words.firstIndex(of: "26") ?? words.count - 1
    let head = words[..<start].joined(separator: " ")
    let property = words[start...].joined(separator: " ")
    return wire("\(type) [\(head) [\(property) \(value) \(inside)] \(behind)]")
  }
}
