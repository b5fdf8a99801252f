import MQTTClient
import Testing

/// Every property in every place that has properties.
@Suite struct PropertyMatrixTests {
  struct Place: Sendable, CustomTestStringConvertible {
    let name: String
    let role: PacketDecoder.Role
    let packet: @Sendable (_ properties: String) -> String
    let allowed: Set<PropertyIdentifier>

    var testDescription: String { name }
  }

  @Test(arguments: places, PropertyIdentifier.allCases)
  func `a property is accepted exactly where the specification lists it`(
    place: Place, id: PropertyIdentifier
  ) throws {
    let bytes = wire(place.packet(notation([id], in: place)))
    let result = decode(place, bytes)
    if place.allowed.contains(id) {
      let packet = try #require(try result.get())
      var encoded: [UInt8] = []
      try PacketEncoder.encode(packet, version: .v5, into: &encoded)
      #expect(encoded == bytes, "the property got lost")
    } else {
      guard case .failure(.malformed(.propertyNotAllowed(id), _)) = result else {
        Issue.record("\(result)")
        return
      }
    }
  }

  @Test(arguments: places)
  func `a property comes twice only where that means something`(place: Place) {
    for id in place.allowed {
      let isRepeatable =
        id == .userProperty || (id == .subscriptionIdentifier && place.name == "PUBLISH")
      let result = decode(place, wire(place.packet(notation([id, id], in: place))))
      if isRepeatable {
        #expect(throws: Never.self) { try result.get() }
      } else if case .failure(.protocolError(.propertyRepeated(id), _)) = result {
        continue
      } else {
        Issue.record("\(id): \(result)")
      }
    }
  }

  @Test(arguments: places)
  func `values outside a property's range are refused`(place: Place) {
    let zero: [PropertyIdentifier: String] = [
      .receiveMaximum: "0000", .maximumPacketSize: "00000000", .subscriptionIdentifier: "00",
      .responseTopic: "''",
    ]
    let flags: Set<PropertyIdentifier> = [
      .payloadFormatIndicator, .requestProblemInformation, .requestResponseInformation,
      .maximumQoS, .retainAvailable, .wildcardSubscriptionAvailable,
      .subscriptionIdentifiersAvailable, .sharedSubscriptionAvailable,
    ]
    for id in place.allowed {
      guard let value = zero[id] ?? (flags.contains(id) ? "02" : nil) else { continue }
      let properties = hex(id.rawValue) + value
      let result = decode(place, wire(place.packet(properties)))
      guard case .failure(.protocolError(.propertyValueNotAllowed(id), _)) = result else {
        Issue.record("\(id) with \(value) is accepted")
        continue
      }
    }
  }

  /// One value of each property, behind the authentication method where they need it.
  private func notation(_ ids: [PropertyIdentifier], in place: Place) -> String {
    let needsMethod =
      place.allowed.contains(.authenticationMethod) && !ids.contains(.authenticationMethod)
      && (place.name == "AUTH" || ids.contains(.authenticationData))
    return ((needsMethod ? [.authenticationMethod] : []) + ids)
      .map { hex($0.rawValue) + Self.value(of: $0) }.joined(separator: " ")
  }

  private func decode(_ place: Place, _ bytes: [UInt8]) -> Result<Packet?, DecodeError> {
    var decoder = PacketDecoder(place.role, .v5, for: bytes)
    decoder.append(bytes)
    return Result { () throws(DecodeError) in try decoder.next() }
  }

  private func hex(_ byte: UInt8) -> String {
    (byte < 16 ? "0" : "") + String(byte, radix: 16)
  }

  private static func value(of id: PropertyIdentifier) -> String {
    switch id {
    case .payloadFormatIndicator, .requestProblemInformation, .requestResponseInformation,
      .maximumQoS, .retainAvailable, .wildcardSubscriptionAvailable,
      .subscriptionIdentifiersAvailable, .sharedSubscriptionAvailable, .subscriptionIdentifier:
      "01"
    case .serverKeepAlive, .receiveMaximum, .topicAliasMaximum, .topicAlias: "0001"
    case .messageExpiryInterval, .sessionExpiryInterval, .willDelayInterval, .maximumPacketSize:
      "00000001"
    case .contentType, .responseTopic, .assignedClientIdentifier, .authenticationMethod,
      .responseInformation, .serverReference, .reasonString, .correlationData, .authenticationData:
      "'x'"
    case .userProperty: "'x' 'y'"
    }
  }

  private static let message: Set<PropertyIdentifier> = [
    .payloadFormatIndicator, .messageExpiryInterval, .contentType, .responseTopic,
    .correlationData, .userProperty,
  ]
  private static let answer: Set<PropertyIdentifier> = [.reasonString, .userProperty]

  static let places = [
    Place(
      name: "CONNECT", role: .server, packet: { "10 ['MQTT' 05 02 0000 [\($0)] '']" },
      allowed: [
        .sessionExpiryInterval, .receiveMaximum, .maximumPacketSize, .topicAliasMaximum,
        .requestResponseInformation, .requestProblemInformation, .userProperty,
        .authenticationMethod, .authenticationData,
      ]),
    Place(
      name: "will", role: .server, packet: { "10 ['MQTT' 05 06 0000 [] '' [\($0)] 't' '']" },
      allowed: message.union([.willDelayInterval])),
    Place(
      name: "CONNACK", role: .client, packet: { "20 [00 00 [\($0)]]" },
      allowed: [
        .sessionExpiryInterval, .receiveMaximum, .maximumQoS, .retainAvailable,
        .maximumPacketSize, .assignedClientIdentifier, .topicAliasMaximum, .reasonString,
        .userProperty, .wildcardSubscriptionAvailable, .subscriptionIdentifiersAvailable,
        .sharedSubscriptionAvailable, .serverKeepAlive, .responseInformation, .serverReference,
        .authenticationMethod, .authenticationData,
      ]),
    Place(
      name: "PUBLISH", role: .client, packet: { "30 ['t' [\($0)]]" },
      allowed: message.union([.topicAlias, .subscriptionIdentifier])),
    Place(
      name: "PUBLISH of a client", role: .server, packet: { "30 ['t' [\($0)]]" },
      allowed: message.union([.topicAlias])),
    Place(name: "PUBACK", role: .client, packet: { "40 [0001 00 [\($0)]]" }, allowed: answer),
    Place(name: "PUBREC", role: .client, packet: { "50 [0001 00 [\($0)]]" }, allowed: answer),
    Place(name: "PUBREL", role: .client, packet: { "62 [0001 00 [\($0)]]" }, allowed: answer),
    Place(name: "PUBCOMP", role: .client, packet: { "70 [0001 00 [\($0)]]" }, allowed: answer),
    Place(
      name: "SUBSCRIBE", role: .server, packet: { "82 [0001 [\($0)] 'a' 00]" },
      allowed: [.subscriptionIdentifier, .userProperty]),
    Place(name: "SUBACK", role: .client, packet: { "90 [0001 [\($0)] 00]" }, allowed: answer),
    Place(
      name: "UNSUBSCRIBE", role: .server, packet: { "A2 [0001 [\($0)] 'a']" },
      allowed: [.userProperty]),
    Place(name: "UNSUBACK", role: .client, packet: { "B0 [0001 [\($0)] 00]" }, allowed: answer),
    Place(
      name: "DISCONNECT of a client", role: .server, packet: { "E0 [00 [\($0)]]" },
      allowed: answer.union([.sessionExpiryInterval, .serverReference])),
    Place(
      name: "DISCONNECT", role: .client, packet: { "E0 [00 [\($0)]]" },
      allowed: answer.union([.serverReference])),
    Place(
      name: "AUTH", role: .client, packet: { "F0 [18 [\($0)]]" },
      allowed: answer.union([.authenticationMethod, .authenticationData])),
  ]
}
