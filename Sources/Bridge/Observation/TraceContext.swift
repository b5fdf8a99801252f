import HTTPFront
import MQTTClient

/// The trace that a request belongs to, as W3C Trace Context writes it.
///
/// What is not well-formed is no trace, as the specification wants it, and never an error.
struct TraceContext: Equatable, Sendable {
  static let parentName = "traceparent"
  static let stateName = "tracestate"
  private static let stateBytesMaximum = 512

  let parent: String
  let state: String?

  init?(_ headers: HeaderFields) {
    let parents = headers.values(Self.parentName)
    guard parents.count == 1, Self.isParent(parents[0]) else { return nil }
    parent = parents[0]
    let state = headers.values(Self.stateName).joined(separator: ",")
    let isSound =
      (1...Self.stateBytesMaximum).contains(state.utf8.count)
      && state.utf8.allSatisfy { (0x20...0x7E) ~= $0 }
    self.state = isSound ? state : nil
  }

  /// Names the trace in every part of a system.
  var traceID: Substring { parent.dropFirst(3).prefix(32) }

  /// Adds the trace to a message that has none of its own.
  func add(to properties: inout [UserProperty]) {
    guard !properties.contains(where: { $0.name == Self.parentName }) else { return }
    properties.append(UserProperty(Self.parentName, parent))
    if let state { properties.append(UserProperty(Self.stateName, state)) }
  }

  /// Version, trace, parent and flags: `00-` 32 digits `-` 16 digits `-` 2 digits.
  private static func isParent(_ text: String) -> Bool {
    let parts = text.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
    guard parts.count >= 4, zip(parts, [2, 32, 16, 2]).allSatisfy({ $0.count == $1 }),
      parts.prefix(4).allSatisfy({ $0.allSatisfy(isDigit) })
    else { return false }
    // Later versions may have more parts; ff is none.
    guard parts[0].elementsEqual("00".utf8) ? parts.count == 4 : !parts[0].elementsEqual("ff".utf8)
    else { return false }
    let zero = UInt8(ascii: "0")
    return parts[1].contains { $0 != zero } && parts[2].contains { $0 != zero }
      && text.utf8.count <= 128
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")) ~= byte
      || (UInt8(ascii: "a")...UInt8(ascii: "f")) ~= byte
  }
}
