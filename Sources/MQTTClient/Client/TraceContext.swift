/// Where a message belongs in a distributed trace, as user properties carry it.
/// [W3C Trace Context, Level 1]
public struct TraceContext: Equatable, Sendable {
  /// The trace, the span that published the message, and the flags, such as
  /// `00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01`.
  public let traceparent: String
  /// What vendors add, at most 512 bytes.
  public let tracestate: String?

  /// A context, or nil when `traceparent` is malformed.
  ///
  /// A `tracestate` that is too long is left out.
  public init?(traceparent: String, tracestate: String? = nil) {
    let parts = traceparent.utf8.split(
      separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
    guard parts.count >= 4, Self.isHex(parts[0], 2), !parts[0].elementsEqual("ff".utf8),
      Self.isHex(parts[1], 32), parts[1].contains(where: { $0 != UInt8(ascii: "0") }),
      Self.isHex(parts[2], 16), parts[2].contains(where: { $0 != UInt8(ascii: "0") }),
      Self.isHex(parts[3], 2)
    else { return nil }
    // Version 00 ends here; later ones may go on.
    guard parts.count == 4 || !parts[0].elementsEqual("00".utf8) else { return nil }
    self.traceparent = traceparent
    self.tracestate = tracestate.flatMap { $0.utf8.count <= 512 ? $0 : nil }
  }

  private static func isHex(_ text: Substring.UTF8View.SubSequence, _ count: Int) -> Bool {
    text.count == count
      && text.allSatisfy {
        UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 || UInt8(ascii: "a")...UInt8(ascii: "f") ~= $0
      }
  }

  /// The identifier of the trace, 32 hexadecimal digits.
  public var traceID: String { String(traceparent.dropFirst(3).prefix(32)) }
}

extension Message {
  /// The trace of this message, in the user properties `traceparent` and `tracestate`.
  ///
  /// Setting it replaces them; a malformed one reads as nil.
  public var traceContext: TraceContext? {
    get {
      userProperty("traceparent").flatMap {
        TraceContext(traceparent: $0, tracestate: userProperty("tracestate"))
      }
    }
    set {
      properties.userProperties.removeAll { $0.name == "traceparent" || $0.name == "tracestate" }
      guard let newValue else { return }
      properties.userProperties.append(UserProperty("traceparent", newValue.traceparent))
      guard let state = newValue.tracestate else { return }
      properties.userProperties.append(UserProperty("tracestate", state))
    }
  }
}
