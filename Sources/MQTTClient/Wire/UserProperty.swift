/// One name and value of the application's own; order and duplicates are kept. [MQTT 5.0, 1.5.7]
public struct UserProperty: Equatable, Hashable, Sendable {
  public var name: String
  public var value: String

  public init(_ name: String, _ value: String) {
    self.name = name
    self.value = value
  }
}
