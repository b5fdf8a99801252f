import MQTTClient

extension PacketVector {
  static let subscribe = [
    PacketVector(
      "two filters", .v311, to: .server, "82 [0001 'a/+' 00 '#' 02]",
      .subscribe(
        Subscribe(
          packetID: 1,
          subscriptions: [Subscription("a/+", maximumQoS: .atMostOnce), Subscription("#")]))),
    PacketVector(
      "without properties", .v5, to: .server, "82 [0001 [] 'a' 01]",
      .subscribe(
        Subscribe(packetID: 1, subscriptions: [Subscription("a", maximumQoS: .atLeastOnce)]))),
    PacketVector(
      "all properties and options", .v5, to: .server,
      "82 [0001 [0B 808080 01 26 'a' 'b'] 'a' 2E 'b' 18 '$share/g/c' 1A]",
      .subscribe(
        Subscribe(
          packetID: 1,
          subscriptions: [
            Subscription("a", noLocal: true, retainAsPublished: true, retainHandling: .ignore),
            Subscription(
              "b", maximumQoS: .atMostOnce, retainAsPublished: true, retainHandling: .sendIfNew),
            Subscription("$share/g/c", retainAsPublished: true, retainHandling: .sendIfNew),
          ], subscriptionIdentifier: 2_097_152, userProperties: [UserProperty("a", "b")]))),
    PacketVector(
      "two filters", .v311, to: .server, "A2 [0001 'a' '$share/g/b']",
      .unsubscribe(Unsubscribe(packetID: 1, filters: ["a", "$share/g/b"]))),
    PacketVector(
      "all properties", .v5, to: .server, "A2 [0001 [26 'a' 'b'] 'a']",
      .unsubscribe(
        Unsubscribe(packetID: 1, filters: ["a"], userProperties: [UserProperty("a", "b")]))),
  ]

  static let subscribeAck = [
    PacketVector(
      "every return code", .v311, to: .client, "90 [0001 00 01 02 80]",
      .subscribeAck(
        SubscribeAck(
          packetID: 1,
          reasonCodes: [.success, .grantedQoS1, .grantedQoS2, .unspecifiedError]))),
    PacketVector(
      "every reason code", .v5, to: .client,
      "90 [0001 [] 00 01 02 80 83 87 8F 91 97 9E A1 A2]",
      .subscribeAck(
        SubscribeAck(
          packetID: 1,
          reasonCodes: [
            .success, .grantedQoS1, .grantedQoS2, .unspecifiedError,
            .implementationSpecificError, .notAuthorized, .topicFilterInvalid,
            .packetIdentifierInUse, .quotaExceeded, .sharedSubscriptionsNotSupported,
            .subscriptionIdentifiersNotSupported, .wildcardSubscriptionsNotSupported,
          ]))),
    PacketVector(
      "all properties", .v5, to: .client, "90 [0001 [1F 'why' 26 'a' 'b'] 02]",
      .subscribeAck(
        SubscribeAck(
          packetID: 1, reasonCodes: [.grantedQoS2], reasonString: "why",
          userProperties: [UserProperty("a", "b")]))),
    PacketVector(
      "without reason codes", .v311, to: .client, "B0 02 0001",
      .unsubscribeAck(UnsubscribeAck(packetID: 1))),
    PacketVector(
      "every reason code", .v5, to: .client, "B0 [0001 [] 00 11 80 83 87 8F 91]",
      .unsubscribeAck(
        UnsubscribeAck(
          packetID: 1,
          reasonCodes: [
            .success, .noSubscriptionExisted, .unspecifiedError, .implementationSpecificError,
            .notAuthorized, .topicFilterInvalid, .packetIdentifierInUse,
          ]))),
    PacketVector(
      "all properties", .v5, to: .client, "B0 [0001 [1F 'why' 26 'a' 'b'] 00]",
      .unsubscribeAck(
        UnsubscribeAck(
          packetID: 1, reasonCodes: [.success], reasonString: "why",
          userProperties: [UserProperty("a", "b")]))),
  ]

  /// PINGREQ, PINGRESP, DISCONNECT and AUTH.
  static let endings = [
    PacketVector("ping", .v311, to: .server, "C0 00", .pingRequest),
    PacketVector("ping", .v5, to: .server, "C0 00", .pingRequest),
    PacketVector("ping", .v311, to: .client, "D0 00", .pingResponse),
    PacketVector("ping", .v5, to: .client, "D0 00", .pingResponse),
    PacketVector("normal", .v311, to: .server, "E0 00", .disconnect(Disconnect())),
    PacketVector("normal", .v5, to: .server, "E0 00", .disconnect(Disconnect())),
    PacketVector(
      "reason code only", .v5, to: .client, "E0 01 8E",
      .disconnect(Disconnect(.sessionTakenOver))),
    PacketVector(
      "with will", .v5, to: .server, "E0 [04 [11 00000000 1F 'x' 26 'a' 'b']]",
      .disconnect(
        Disconnect(
          .disconnectWithWill, sessionExpiryInterval: 0, reasonString: "x",
          userProperties: [UserProperty("a", "b")]))),
    PacketVector(
      "moved", .v5, to: .client, "E0 [9D [1F 'x' 26 'a' 'b' 1C 'other']]",
      .disconnect(
        Disconnect(
          .serverMoved, reasonString: "x", userProperties: [UserProperty("a", "b")],
          serverReference: "other"))),
    PacketVector("success in short form", .v5, to: .client, "F0 00", .auth(Auth())),
    PacketVector(
      "all properties", .v5, to: .client,
      "F0 [18 [15 'SCRAM' 16 0003 010203 1F 'x' 26 'a' 'b']]",
      .auth(
        Auth(
          .continueAuthentication, authenticationMethod: "SCRAM", authenticationData: [1, 2, 3],
          reasonString: "x", userProperties: [UserProperty("a", "b")]))),
    PacketVector(
      "again", .v5, to: .server, "F0 [19 [15 'K']]",
      .auth(Auth(.reauthenticate, authenticationMethod: "K"))),
  ]
}
