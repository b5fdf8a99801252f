import HTTPFront

/// What requests are called in logs and in the header `Request-Id`.
///
/// A trusted proxy has named its requests already, in `X-Request-Id` or `Request-Id`; all others get
/// a name that no other request has, of this start or any other.
struct RequestNames: Sendable {
  private static let bytesMaximum = 128
  private static let run = {
    var generator = SystemRandomNumberGenerator()
    let text = String(UInt32.random(in: 0...UInt32.max, using: &generator), radix: 36)
    return String(repeating: "0", count: 7 - text.count) + text
  }()

  let desk: AccessDesk

  func name(of id: RequestID, _ head: RequestHead) -> String {
    if let given = head.headers["X-Request-Id"] ?? head.headers["Request-Id"],
      Self.isName(given), desk.isTrusted(head.clientAddress)
    {
      return given
    }
    // Without interpolation, which would begin with room for a longer text.
    var name = Self.run
    name += "-"
    name += String(id.shard)
    name += "-"
    name += String(id.serial)
    return name
  }

  private static func isName(_ text: String) -> Bool {
    let bytes = text.utf8
    return (1...bytesMaximum).contains(bytes.count) && bytes.allSatisfy { (0x21...0x7E) ~= $0 }
  }
}
