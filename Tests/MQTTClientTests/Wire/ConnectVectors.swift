import MQTTClient

extension PacketVector {
  static let connect = [
    PacketVector(
      "smallest", .v311, to: .server, "10 ['MQTT' 04 02 003C '']",
      .connect(Connect(version: .v311, clientID: ""))),
    PacketVector(
      "session to resume", .v311, to: .server, "10 ['MQTT' 04 00 0000 'bridge']",
      .connect(Connect(version: .v311, clientID: "bridge", cleanStart: false, keepAlive: 0))),
    PacketVector(
      "bridge", .v311, to: .server, "10 ['MQTT' 84 02 003C 'b']",
      .connect(Connect(version: .v311, clientID: "b", isBridge: true))),
    PacketVector(
      "credentials and retained will", .v311, to: .server,
      "10 ['MQTT' 04 EE FFFF 'c' 'gone/c' 'bye' 'me' 0002 00FF]",
      .connect(
        Connect(
          version: .v311, clientID: "c", keepAlive: .max, username: "me", password: [0, 0xFF],
          will: Will(
            topic: "gone/c", payload: Array("bye".utf8)[...], qos: .atLeastOnce, isRetained: true)
        ))),
    PacketVector(
      "smallest", .v5, to: .server, "10 ['MQTT' 05 02 003C [] '']",
      .connect(Connect(version: .v5, clientID: ""))),
    PacketVector(
      "session to resume without client identifier", .v5, to: .server,
      "10 ['MQTT' 05 00 003C [] '']",
      .connect(Connect(version: .v5, clientID: "", cleanStart: false))),
    PacketVector(
      "password without user name", .v5, to: .server, "10 ['MQTT' 05 42 003C [] '' 'secret']",
      .connect(Connect(version: .v5, clientID: "", password: Array("secret".utf8)[...]))),
    PacketVector(
      "all properties", .v5, to: .server,
      """
      10 ['MQTT' 05 02 003C [
        11 00000E10  21 0014  27 00100000  22 0010  19 01  17 00  26 'a' 'b'  26 'a' 'c'
        15 'SCRAM'  16 0002 0102
      ] 'c']
      """,
      .connect(
        Connect(
          version: .v5, clientID: "c",
          properties: Connect.Properties {
            $0.sessionExpiryInterval = 3600
            $0.receiveMaximum = 20
            $0.maximumPacketSize = 1_048_576
            $0.topicAliasMaximum = 16
            $0.requestResponseInformation = true
            $0.requestProblemInformation = false
            $0.userProperties = [UserProperty("a", "b"), UserProperty("a", "c")]
            $0.authenticationMethod = "SCRAM"
            $0.authenticationData = [1, 2]
          }))),
    PacketVector(
      "will with all properties", .v5, to: .server,
      """
      10 ['MQTT' 05 16 003C [] 'c' [
        18 0000001E  01 01  02 0000003C  08 'answers'  09 0001 07  26 'k' 'v'  03 'text/plain'
      ] 'gone' '']
      """,
      .connect(
        Connect(
          version: .v5, clientID: "c",
          will: Will(
            topic: "gone", payload: [], qos: .exactlyOnce, delayInterval: 30,
            properties: Publish.Properties {
              $0.payloadIsUTF8 = true
              $0.messageExpiryInterval = 60
              $0.responseTopic = "answers"
              $0.correlationData = [7]
              $0.userProperties = [UserProperty("k", "v")]
              $0.contentType = "text/plain"
            })))),
  ]

  static let connectAck =
    [
      PacketVector(
        "accepted", .v311, to: .client, "20 02 00 00",
        .connectAck(ConnectAck(sessionPresent: false, reasonCode: .success))),
      PacketVector(
        "session present", .v311, to: .client, "20 02 01 00",
        .connectAck(ConnectAck(sessionPresent: true, reasonCode: .success))),
      PacketVector(
        "accepted", .v5, to: .client, "20 03 00 00 00",
        .connectAck(ConnectAck(sessionPresent: false, reasonCode: .success))),
      PacketVector(
        "all properties", .v5, to: .client,
        """
        20 [01 00 [
          11 00000E10  21 0014  24 01  25 01  27 00100000  12 'name'  22 0010  1F 'why'
          26 'a' 'b'  28 00  29 01  2A 00  13 001E  1A 'info'  1C 'other:1883'  15 'SCRAM'
          16 0001 09
        ]]
        """,
        .connectAck(
          ConnectAck(
            sessionPresent: true, reasonCode: .success,
            properties: ConnectAck.Properties {
              $0.sessionExpiryInterval = 3600
              $0.receiveMaximum = 20
              $0.maximumQoS = .atLeastOnce
              $0.retainAvailable = true
              $0.maximumPacketSize = 1_048_576
              $0.assignedClientIdentifier = "name"
              $0.topicAliasMaximum = 16
              $0.reasonString = "why"
              $0.userProperties = [UserProperty("a", "b")]
              $0.wildcardSubscriptionAvailable = false
              $0.subscriptionIdentifiersAvailable = true
              $0.sharedSubscriptionAvailable = false
              $0.serverKeepAlive = 30
              $0.responseInformation = "info"
              $0.serverReference = "other:1883"
              $0.authenticationMethod = "SCRAM"
              $0.authenticationData = [9]
            }))),
      PacketVector(
        "QoS 0 only", .v5, to: .client, "20 [00 00 [24 00]]",
        .connectAck(
          ConnectAck(
            sessionPresent: false, reasonCode: .success,
            properties: ConnectAck.Properties { $0.maximumQoS = .atMostOnce }))),
    ] + refusals

  /// The refusals of 3.1.1 and the MQTT 5 reason codes with the same meaning.
  private static let refusals = [
    ("01", "84", ReasonCode.unsupportedProtocolVersion),
    ("02", "85", .clientIdentifierNotValid),
    ("03", "88", .serverUnavailable),
    ("04", "86", .badUsernameOrPassword),
    ("05", "87", .notAuthorized),
  ].flatMap { returnCode, reasonCode, meaning in
    let packet = Packet.connectAck(ConnectAck(sessionPresent: false, reasonCode: meaning))
    return [
      PacketVector("\(meaning)", .v311, to: .client, "20 02 00 \(returnCode)", packet),
      PacketVector("\(meaning)", .v5, to: .client, "20 03 00 \(reasonCode) 00", packet),
    ]
  }
}
