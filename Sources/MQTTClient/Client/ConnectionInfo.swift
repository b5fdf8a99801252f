/// A connection that the broker accepted, and what it allows.
public struct ConnectionInfo: Equatable, Sendable {
  /// The client identifier in use: ours, or the one that the broker assigned.
  public let clientID: String
  /// The broker's answer, with every property that it sent. [MQTT 5.0, 3.2]
  public let answer: ConnectAck

  package init(clientID: String, answer: ConnectAck) {
    self.clientID = clientID
    self.answer = answer
  }

  /// Whether the broker still had the session of an earlier connection. [MQTT-3.2.2-3]
  public var sessionPresent: Bool { answer.sessionPresent }
  /// The highest QoS that the broker takes. [MQTT-3.2.2-9]
  public var maximumQoS: QoS { answer.properties.maximumQoS ?? .exactlyOnce }
  /// Whether the broker keeps retained messages. [MQTT-3.2.2-14]
  public var retainAvailable: Bool { answer.properties.retainAvailable ?? true }
  /// What response topics shall begin with, if the broker says so. [MQTT 5.0, 3.2.2.3.15]
  public var responseInformation: String? { answer.properties.responseInformation }
}
