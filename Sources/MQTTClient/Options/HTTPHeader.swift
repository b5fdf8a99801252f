/// A header field of an HTTP request, for WebSocket handshakes and proxies.
///
/// Descriptions, debug output and mirrors leave out the value, which may be a token or a cookie.
public struct HTTPHeader: Equatable, Sendable {
  /// A token such as `Authorization`; upper and lower case are the same.
  public var name: String
  /// Without line breaks; a header that has one is refused before anything is sent.
  public var value: String

  /// A header field with this name and value.
  public init(_ name: String, _ value: String) {
    self.name = name
    self.value = value
  }
}

extension HTTPHeader: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  /// The name only.
  public var description: String { "\(name): (hidden)" }
  /// The name only.
  public var debugDescription: String { description }
  /// The name only.
  public var customMirror: Mirror { Mirror(self, children: ["name": name]) }
}
