import MQTTClient
import TestSupport

/// Makes valid packets of every kind.
struct RandomPacket {
  var generator: SeededGenerator
  let version: ProtocolVersion

  mutating func make() -> Packet {
    switch Int.random(in: 1...(version == .v5 ? 15 : 14), using: &generator) {
    case 1: .connect(connect())
    case 2: .connectAck(connectAck())
    case 3: .publish(publish())
    case 4: .publishAck(reply([.success, .noMatchingSubscribers, .quotaExceeded]))
    case 5: .publishReceived(reply([.success, .notAuthorized, .payloadFormatInvalid]))
    case 6: .publishRelease(reply([.success, .packetIdentifierNotFound]))
    case 7: .publishComplete(reply([.success, .packetIdentifierNotFound]))
    case 8: .subscribe(subscribe())
    case 9: .subscribeAck(subscribeAck())
    case 10: .unsubscribe(unsubscribe())
    case 11: .unsubscribeAck(unsubscribeAck())
    case 12: .pingRequest
    case 13: .pingResponse
    case 14: .disconnect(disconnect())
    default: .auth(auth())
    }
  }

  private mutating func connect() -> Connect {
    var packet = Connect(version: version, clientID: text(1...23), keepAlive: number())
    packet.cleanStart = flag()
    packet.username = maybe { $0.text(0...20) }
    if packet.username != nil || version == .v5 { packet.password = maybe { $0.binary() } }
    packet.will = maybe { $0.will() }
    guard version == .v5 else { return packet }
    packet.properties.sessionExpiryInterval = maybe { $0.number() }
    packet.properties.receiveMaximum = maybe { $0.positive() }
    packet.properties.maximumPacketSize = maybe { $0.positive() }
    packet.properties.topicAliasMaximum = maybe { $0.number() }
    packet.properties.requestResponseInformation = maybe { $0.flag() }
    packet.properties.requestProblemInformation = maybe { $0.flag() }
    packet.properties.userProperties = userProperties()
    packet.properties.authenticationMethod = maybe { $0.text(0...9) }
    if packet.properties.authenticationMethod != nil {
      packet.properties.authenticationData = maybe { $0.binary() }
    }
    return packet
  }

  private mutating func will() -> Will {
    var will = Will(topic: topic(), payload: binary(), qos: qos(), isRetained: flag())
    guard version == .v5 else { return will }
    will.delayInterval = maybe { $0.number() }
    will.properties = messageProperties()
    return will
  }

  private mutating func connectAck() -> ConnectAck {
    let codes: [ReasonCode] = [
      .unsupportedProtocolVersion, .serverUnavailable, .notAuthorized, .badUsernameOrPassword,
    ]
    var packet =
      flag()
      ? ConnectAck(sessionPresent: flag(), reasonCode: .success)
      : ConnectAck(sessionPresent: false, reasonCode: pick(codes))
    guard version == .v5 else { return packet }
    packet.properties.sessionExpiryInterval = maybe { $0.number() }
    packet.properties.receiveMaximum = maybe { $0.positive() }
    packet.properties.maximumQoS = maybe { $0.pick([.atMostOnce, .atLeastOnce]) }
    packet.properties.retainAvailable = maybe { $0.flag() }
    packet.properties.maximumPacketSize = maybe { $0.positive() }
    packet.properties.assignedClientIdentifier = maybe { $0.text(0...23) }
    packet.properties.topicAliasMaximum = maybe { $0.number() }
    packet.properties.reasonString = maybe { $0.text(0...200) }
    packet.properties.userProperties = userProperties()
    packet.properties.wildcardSubscriptionAvailable = maybe { $0.flag() }
    packet.properties.subscriptionIdentifiersAvailable = maybe { $0.flag() }
    packet.properties.sharedSubscriptionAvailable = maybe { $0.flag() }
    packet.properties.serverKeepAlive = maybe { $0.number() }
    packet.properties.responseInformation = maybe { $0.text(0...9) }
    packet.properties.serverReference = maybe { $0.text(0...9) }
    packet.properties.authenticationMethod = maybe { $0.text(0...9) }
    packet.properties.authenticationData = maybe { $0.binary() }
    return packet
  }

  private mutating func publish() -> Publish {
    var packet = Publish(
      topic: topic(), payload: binary(), qos: qos(), isRetained: flag(), packetID: nil)
    if packet.qos != .atMostOnce {
      packet.packetID = positive()
      packet.isDuplicate = flag()
    }
    guard version == .v5 else { return packet }
    packet.properties = messageProperties()
    packet.properties.topicAlias = maybe { $0.positive() }
    packet.properties.subscriptionIdentifiers = (0..<Int.random(in: 0...3, using: &generator))
      .map { _ in UInt32.random(in: 1...268_435_455, using: &generator) }
    if packet.properties.topicAlias != nil, flag() { packet.topic = "" }
    return packet
  }

  private mutating func messageProperties() -> Publish.Properties {
    var properties = Publish.Properties()
    properties.payloadIsUTF8 = maybe { $0.flag() }
    properties.messageExpiryInterval = maybe { $0.number() }
    properties.responseTopic = maybe { $0.topic() }
    properties.correlationData = maybe { $0.binary() }
    properties.userProperties = userProperties()
    properties.contentType = maybe { $0.text(0...30) }
    return properties
  }

  private mutating func reply(_ codes: [ReasonCode]) -> PublishReply {
    guard version == .v5 else { return PublishReply(positive()) }
    return PublishReply(
      positive(), pick(codes), reasonString: maybe { $0.text(0...30) },
      userProperties: userProperties())
  }

  private mutating func subscribe() -> Subscribe {
    let count = Int.random(in: 1...4, using: &generator)
    var packet = Subscribe(packetID: positive(), subscriptions: [])
    for _ in 0..<count {
      var subscription = Subscription(filter(), maximumQoS: qos())
      if version == .v5 {
        subscription.noLocal = flag() && !subscription.filter.hasPrefix("$share/")
        subscription.retainAsPublished = flag()
        subscription.retainHandling = pick([.send, .sendIfNew, .ignore])
      }
      packet.subscriptions.append(subscription)
    }
    guard version == .v5 else { return packet }
    packet.subscriptionIdentifier = maybe {
      UInt32.random(in: 1...268_435_455, using: &$0.generator)
    }
    packet.userProperties = userProperties()
    return packet
  }

  private mutating func subscribeAck() -> SubscribeAck {
    var codes: [ReasonCode] = [.success, .grantedQoS1, .grantedQoS2, .unspecifiedError]
    if version == .v5 { codes += [.notAuthorized, .quotaExceeded] }
    var packet = SubscribeAck(packetID: positive(), reasonCodes: some { $0.pick(codes) })
    guard version == .v5 else { return packet }
    packet.reasonString = maybe { $0.text(0...30) }
    packet.userProperties = userProperties()
    return packet
  }

  private mutating func unsubscribe() -> Unsubscribe {
    Unsubscribe(
      packetID: positive(), filters: some { $0.filter() },
      userProperties: version == .v5 ? userProperties() : [])
  }

  private mutating func unsubscribeAck() -> UnsubscribeAck {
    guard version == .v5 else { return UnsubscribeAck(packetID: positive()) }
    return UnsubscribeAck(
      packetID: positive(),
      reasonCodes: some { $0.pick([.success, .noSubscriptionExisted, .notAuthorized]) },
      reasonString: maybe { $0.text(0...30) }, userProperties: userProperties())
  }

  private mutating func disconnect() -> Disconnect {
    guard version == .v5 else { return Disconnect() }
    return Disconnect(
      pick([.success, .disconnectWithWill, .serverMoved]), reasonString: maybe { $0.text(0...30) },
      userProperties: userProperties(), serverReference: maybe { $0.text(0...30) })
  }

  private mutating func auth() -> Auth {
    Auth(
      pick([.success, .continueAuthentication, .reauthenticate]),
      authenticationMethod: text(0...9), authenticationData: maybe { $0.binary() },
      reasonString: maybe { $0.text(0...30) }, userProperties: userProperties())
  }
}
