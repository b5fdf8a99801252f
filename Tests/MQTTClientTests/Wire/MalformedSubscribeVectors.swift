import MQTTClient

extension MalformedVector {
  static let subscribe = [
    MalformedVector(
      "no filters", .v311, to: .server, "82 02 0001", .protocolError(.subscriptionsMissing, at: 4)),
    MalformedVector(
      "no filters", .v5, to: .server, "82 03 0001 00", .protocolError(.subscriptionsMissing, at: 5)),
    MalformedVector(
      "packet identifier 0", .v311, to: .server, "82 [0000 'a' 00]",
      .protocolError(.packetIDZero, at: 2)),
    MalformedVector(
      "without its flag", .v311, to: .server, "80 [0001 'a' 00]", .malformed(.flagsReserved, at: 0)),
    MalformedVector(
      "QoS 3", .v311, to: .server, "82 [0001 'a' 03]", .malformed(.qosReserved, at: 7)),
    MalformedVector(
      "MQTT 5 option in 3.1.1", .v311, to: .server, "82 [0001 'a' 04]",
      .malformed(.subscriptionOptionsReserved, at: 7)),
    MalformedVector(
      "reserved option", .v5, to: .server, "82 [0001 [] 'a' 40]",
      .malformed(.subscriptionOptionsReserved, at: 8)),
    MalformedVector(
      "retain handling 3", .v5, to: .server, "82 [0001 [] 'a' 30]",
      .protocolError(.retainHandlingReserved, at: 8)),
    MalformedVector(
      "no local on a shared subscription", .v5, to: .server, "82 [0001 [] '$share/g/a' 04]",
      .protocolError(.noLocalOnSharedSubscription, at: 5)),
    MalformedVector(
      "invalid filter", .v5, to: .server, "82 [0001 [] 'a/#/b' 00]",
      .protocolError(.topicFilterInvalid, at: 5)),
    MalformedVector(
      "empty filter", .v311, to: .server, "82 [0001 '' 00]",
      .protocolError(.topicFilterInvalid, at: 4)),
    MalformedVector(
      "options missing", .v311, to: .server, "82 [0001 'a']", .malformed(.truncated, at: 7)),
    MalformedVector(
      "subscription identifier 0", .v5, to: .server, "82 [0001 [0B 00] 'a' 00]",
      .protocolError(.propertyValueNotAllowed(.subscriptionIdentifier), at: 6)),
    MalformedVector(
      "nothing to unsubscribe", .v311, to: .server, "A2 02 0001",
      .protocolError(.subscriptionsMissing, at: 4)),
    MalformedVector(
      "invalid filter to unsubscribe", .v5, to: .server, "A2 [0001 [] 'a#']",
      .protocolError(.topicFilterInvalid, at: 5)),
    MalformedVector(
      "SUBACK without reason codes", .v5, to: .client, "90 03 0001 00",
      .protocolError(.reasonCodesMissing, at: 5)),
    MalformedVector(
      "SUBACK without return codes", .v311, to: .client, "90 02 0001",
      .protocolError(.reasonCodesMissing, at: 4)),
    MalformedVector(
      "SUBACK with an unknown return code", .v311, to: .client, "90 03 0001 03",
      .malformed(.reasonCodeNotAllowed(ReasonCode(rawValue: 3)), at: 4)),
    MalformedVector(
      "MQTT 5 reason code in a 3.1.1 SUBACK", .v311, to: .client, "90 03 0001 87",
      .malformed(.reasonCodeNotAllowed(.notAuthorized), at: 4)),
    MalformedVector(
      "UNSUBACK without reason codes", .v5, to: .client, "B0 03 0001 00",
      .protocolError(.reasonCodesMissing, at: 5)),
    MalformedVector(
      "UNSUBACK with reason codes in 3.1.1", .v311, to: .client, "B0 03 0001 00",
      .malformed(.trailingBytes, at: 4)),
    MalformedVector(
      "granted QoS in UNSUBACK", .v5, to: .client, "B0 04 0001 00 01",
      .malformed(.reasonCodeNotAllowed(.grantedQoS1), at: 5)),
  ]

  static let endings = [
    MalformedVector(
      "DISCONNECT from a 3.1.1 broker", .v311, to: .client, "E0 00",
      .protocolError(.packetNotAllowed(.disconnect), at: 0)),
    MalformedVector(
      "DISCONNECT with bytes in 3.1.1", .v311, to: .server, "E0 01 00",
      .malformed(.trailingBytes, at: 2)),
    MalformedVector(
      "DISCONNECT with an unknown reason code", .v5, to: .client, "E0 01 01",
      .malformed(.reasonCodeNotAllowed(.grantedQoS1), at: 2)),
    MalformedVector(
      "session expiry from a broker", .v5, to: .client, "E0 [00 [11 00000001]]",
      .malformed(.propertyNotAllowed(.sessionExpiryInterval), at: 5)),
    MalformedVector(
      "AUTH without method", .v5, to: .client, "F0 [18 []]",
      .protocolError(.authenticationMethodMissing, at: 4)),
    MalformedVector(
      "AUTH without properties", .v5, to: .client, "F0 [18]", .malformed(.truncated, at: 3)),
    MalformedVector(
      "AUTH with an unknown reason code", .v5, to: .client, "F0 [01 [15 'K']]",
      .malformed(.reasonCodeNotAllowed(.grantedQoS1), at: 2)),
  ]
}
