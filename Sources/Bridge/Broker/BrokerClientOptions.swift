import MQTTClient

/// The options of the broker link, from the configuration.
enum BrokerClientOptions {
  static func make(_ configuration: BridgeConfiguration, clientID: String) -> ClientOptions {
    let mqtt = configuration.mqtt
    var session = SessionOptions(clientID: clientID, version: mqtt.version)
    session.keepAlive = UInt16(clamping: mqtt.keepAlive.components.seconds)
    session.username = mqtt.effectiveUsername
    session.password = mqtt.effectivePassword.map { $0[...] }
    session.connectTimeout = mqtt.connectTimeout
    session.inflightMaximum = mqtt.inflight
    // Everything that the store feeds at once may have to wait for the broker's Receive Maximum.
    session.queuedPublishesMaximum = max(session.queuedPublishesMaximum, mqtt.inflight)
    session.recordsReceived = true
    session.recordsReleased = true
    if configuration.publishing.uncertain == .hold { session.delivery.sessionLoss = .report }
    // A service that gave up would need a person; one that tries seldom needs none.
    session.reconnect = .always
    if mqtt.version == .v5 {
      session.connect.sessionExpiryInterval = UInt32(
        clamping: mqtt.sessionExpiry.components.seconds)
      session.connect.receiveMaximum = 1024
      // Where the broker wants the topics of replies to be.
      session.connect.requestResponseInformation = true
      session.connect.maximumPacketSize = packetBytesMaximum
    }
    // The URL's items count last: what they may set is theirs alone, or the same in both places.
    var options = ClientOptions(broker: mqtt.broker, session: session)
    options.mailboxCapacity = max(16_384, configuration.streams.limit * 2)
    return options
  }

  /// What a stream can carry: more than most brokers pass on, less than would hurt memory.
  private static let packetBytesMaximum: UInt32 = 64 << 20
}
