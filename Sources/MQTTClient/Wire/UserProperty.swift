/// One name and value of the application's own; order and duplicates are kept. [MQTT 5.0, 1.5.7]
package struct UserProperty: Equatable, Hashable, Sendable {
  package var name: String
  package var value: String

  package init(_ name: String, _ value: String) {
    self.name = name
    self.value = value
  }
}
