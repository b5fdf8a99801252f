import MQTTClient

extension MalformedVector {
  static let framing = [
    MalformedVector("type 0", .v5, to: .client, "00 00", .malformed(.packetTypeReserved, at: 0)),
    MalformedVector("AUTH", .v311, to: .client, "F0 00", .malformed(.packetTypeReserved, at: 0)),
    MalformedVector("AUTH", .v311, to: .server, "F0 00", .malformed(.packetTypeReserved, at: 0)),
    MalformedVector(
      "remaining length of five bytes", .v5, to: .client, "30 80 80 80 80 01",
      .malformed(.variableIntegerTooLong, at: 1)),
    MalformedVector(
      "remaining length of four bytes that goes on", .v5, to: .client, "30 FF FF FF FF",
      .malformed(.variableIntegerTooLong, at: 1)),
    MalformedVector(
      "remaining length 2 in two bytes", .v5, to: .client, "40 82 00 0001",
      .malformed(.variableIntegerNotMinimal, at: 1)),
    MalformedVector(
      "remaining length 0 in four bytes", .v311, to: .client, "D0 80 80 80 00",
      .malformed(.variableIntegerNotMinimal, at: 1)),
    MalformedVector(
      "property length 0 in two bytes", .v5, to: .client, "30 ['t' 80 00]",
      .malformed(.variableIntegerNotMinimal, at: 5)),
    MalformedVector(
      "property length beyond the packet", .v5, to: .client, "30 ['t' 05 01 01]",
      .malformed(.truncated, at: 6)),
    MalformedVector(
      "property beyond the property block", .v5, to: .client, "30 ['t' 03 02 0000 00 01]",
      .malformed(.truncated, at: 7)),
    MalformedVector(
      "unknown property", .v5, to: .client, "30 ['t' [7F 00]]",
      .malformed(.propertyUnknown, at: 6)),
    MalformedVector(
      "property identifier above one byte", .v5, to: .client, "30 ['t' [8101 00]]",
      .malformed(.propertyUnknown, at: 6)),
    MalformedVector(
      "bytes after the end", .v5, to: .client, "40 [0001 00 [] 00]",
      .malformed(.trailingBytes, at: 6)),
    MalformedVector(
      "bytes in PINGRESP", .v5, to: .client, "D0 01 00", .malformed(.trailingBytes, at: 2)),
    MalformedVector(
      "bytes in PINGREQ", .v311, to: .server, "C0 01 00", .malformed(.trailingBytes, at: 2)),
    MalformedVector(
      "string beyond the packet", .v311, to: .client, "30 03 0002 74",
      .malformed(.truncated, at: 4)),
    MalformedVector("no bytes", .v5, to: .client, "40 00", .malformed(.truncated, at: 2)),
    MalformedVector(
      "overlong UTF-8", .v5, to: .client, "30 [0002 C0AF []]", .malformed(.stringNotUTF8, at: 4)),
    MalformedVector(
      "surrogate in UTF-8", .v5, to: .client, "30 [0003 EDA080 []]",
      .malformed(.stringNotUTF8, at: 4)),
    MalformedVector(
      "beyond Unicode", .v311, to: .client, "30 [0004 F4908080]",
      .malformed(.stringNotUTF8, at: 4)),
    MalformedVector(
      "cut UTF-8", .v311, to: .client, "30 [0002 E282]", .malformed(.stringNotUTF8, at: 4)),
    MalformedVector(
      "U+0000", .v5, to: .client, "30 [0003 610062 []]", .malformed(.stringContainsNUL, at: 4)),
    MalformedVector(
      "U+0000 in a property", .v5, to: .client, "30 ['t' [26 'a' 0001 00]]",
      .malformed(.stringContainsNUL, at: 12)),
  ]

  static let connect = [
    MalformedVector(
      "unknown level", .v5, to: .server, "10 ['MQTT' 06 02 0000 '']",
      .unsupportedProtocol(level: 6)),
    MalformedVector(
      "MQTT 3.1", .v311, to: .server, "10 ['MQIsdp' 03 02 0000 '']",
      .unsupportedProtocol(level: 3)),
    MalformedVector(
      "another protocol", .v5, to: .server, "10 ['mqtt' 05 02 0000 [] '']",
      .unsupportedProtocol(level: 5)),
    MalformedVector(
      "reserved flag", .v5, to: .server, "10 ['MQTT' 05 03 0000 [] '']",
      .malformed(.connectFlagsReserved, at: 9)),
    MalformedVector(
      "will QoS without will", .v5, to: .server, "10 ['MQTT' 05 0A 0000 [] '']",
      .malformed(.willFlagsWithoutWill, at: 9)),
    MalformedVector(
      "will retain without will", .v311, to: .server, "10 ['MQTT' 04 22 0000 '']",
      .malformed(.willFlagsWithoutWill, at: 9)),
    MalformedVector(
      "will QoS 3", .v311, to: .server, "10 ['MQTT' 04 1E 0000 '' 't' '']",
      .malformed(.qosReserved, at: 9)),
    MalformedVector(
      "password without user name", .v311, to: .server, "10 ['MQTT' 04 42 0000 '' 'secret']",
      .malformed(.passwordWithoutUsername, at: 9)),
    MalformedVector(
      "session to resume without client identifier", .v311, to: .server,
      "10 ['MQTT' 04 00 0000 '']", .protocolError(.clientIDMissing, at: 14)),
    MalformedVector(
      "will topic with wildcard", .v5, to: .server, "10 ['MQTT' 05 06 0000 [] '' [] 'a/#' '']",
      .protocolError(.topicNameInvalid, at: 16)),
    MalformedVector(
      "empty will topic", .v311, to: .server, "10 ['MQTT' 04 06 0000 '' '' '']",
      .protocolError(.topicNameInvalid, at: 14)),
    MalformedVector(
      "user name missing", .v311, to: .server, "10 ['MQTT' 04 82 0000 '']",
      .malformed(.truncated, at: 14)),
    MalformedVector(
      "bytes after the password", .v311, to: .server, "10 ['MQTT' 04 C2 0000 '' '' '' 00]",
      .malformed(.trailingBytes, at: 18)),
    MalformedVector(
      "authentication data without method", .v5, to: .server,
      "10 ['MQTT' 05 02 0000 [16 0000] '']",
      .protocolError(.authenticationMethodMissing, at: 16)),
    MalformedVector(
      "PUBLISH before CONNECT", .v5, to: .server, "30 ['t' []]",
      .protocolError(.packetBeforeConnect(.publish), at: 0)),
    MalformedVector(
      "second CONNECT", .v311, to: .server,
      "10 ['MQTT' 04 02 0000 ''] 10 ['MQTT' 04 02 0000 '']",
      .protocolError(.connectRepeated, at: 0)),
  ]

  static let connectAck = [
    MalformedVector(
      "reserved flag", .v5, to: .client, "20 03 02 00 00", .malformed(.flagsReserved, at: 2)),
    MalformedVector(
      "reserved flag", .v311, to: .client, "20 02 80 00", .malformed(.flagsReserved, at: 2)),
    MalformedVector(
      "session present with a refusal", .v5, to: .client, "20 03 01 87 00",
      .protocolError(.sessionPresentWithFailure, at: 2)),
    MalformedVector(
      "session present with a refusal", .v311, to: .client, "20 02 01 05",
      .protocolError(.sessionPresentWithFailure, at: 2)),
    MalformedVector(
      "return code 6", .v311, to: .client, "20 02 00 06",
      .malformed(.reasonCodeNotAllowed(ReasonCode(rawValue: 6)), at: 3)),
    MalformedVector(
      "reason code of another packet", .v5, to: .client, "20 03 00 8E 00",
      .malformed(.reasonCodeNotAllowed(.sessionTakenOver), at: 3)),
    MalformedVector(
      "no properties", .v5, to: .client, "20 02 00 87", .malformed(.truncated, at: 4)),
  ]

  static let publish = [
    MalformedVector("QoS 3", .v5, to: .client, "36 ['t' 0001 []]", .malformed(.qosReserved, at: 0)),
    MalformedVector(
      "duplicate at QoS 0", .v5, to: .client, "38 ['t' []]", .malformed(.duplicateAtQoS0, at: 0)),
    MalformedVector(
      "packet identifier 0", .v311, to: .client, "32 ['t' 0000]",
      .protocolError(.packetIDZero, at: 5)),
    MalformedVector(
      "packet identifier cut", .v311, to: .client, "32 ['t' 00]", .malformed(.truncated, at: 5)),
    MalformedVector(
      "wildcard in the topic", .v5, to: .client, "30 ['a/+' []]",
      .protocolError(.topicNameInvalid, at: 2)),
    MalformedVector(
      "empty topic", .v311, to: .client, "30 ['']", .protocolError(.topicMissing, at: 2)),
    MalformedVector(
      "empty topic without alias", .v5, to: .client, "30 ['' []]",
      .protocolError(.topicMissing, at: 2)),
    MalformedVector(
      "topic alias 0", .v5, to: .client, "30 ['t' [23 0000]]",
      .protocolError(.topicAliasZero, at: 7)),
    MalformedVector(
      "subscription identifier 0", .v5, to: .client, "30 ['t' [0B 00]]",
      .protocolError(.propertyValueNotAllowed(.subscriptionIdentifier), at: 7)),
    MalformedVector(
      "subscription identifier of five bytes", .v5, to: .client, "30 ['t' [0B FFFFFFFF01]]",
      .malformed(.variableIntegerTooLong, at: 7)),
    MalformedVector(
      "wildcard in the response topic", .v5, to: .client, "30 ['t' [08 'a/#']]",
      .protocolError(.propertyValueNotAllowed(.responseTopic), at: 7)),
  ]

  static let replies = [
    MalformedVector(
      "packet identifier 0", .v5, to: .client, "40 02 0000", .protocolError(.packetIDZero, at: 2)),
    MalformedVector(
      "reason code in 3.1.1", .v311, to: .client, "40 03 0001 00",
      .malformed(.trailingBytes, at: 4)),
    MalformedVector(
      "PUBREL without its flag", .v5, to: .client, "60 02 0001", .malformed(.flagsReserved, at: 0)),
    MalformedVector(
      "PUBACK with a flag", .v5, to: .client, "42 02 0001", .malformed(.flagsReserved, at: 0)),
    MalformedVector(
      "reason code of PUBREL in PUBREC", .v5, to: .client, "50 03 0001 92",
      .malformed(.reasonCodeNotAllowed(.packetIdentifierNotFound), at: 4)),
    MalformedVector(
      "reason code of PUBREC in PUBCOMP", .v5, to: .client, "70 03 0001 10",
      .malformed(.reasonCodeNotAllowed(.noMatchingSubscribers), at: 4)),
  ]
}
