/// One name and value of the application's own; order and duplicates are kept. [MQTT 5.0, 1.5.7]
public struct UserProperty: Equatable, Hashable, Sendable {
  /// The name, up to 65,535 bytes of UTF-8; names may come several times.
  public var name: String
  /// The value, up to 65,535 bytes of UTF-8.
  public var value: String

  /// Makes a pair of name and value.
  public init(_ name: String, _ value: String) {
    self.name = name
    self.value = value
  }
}
