import MQTTClient
import Testing

@testable import Bridge

@Suite struct BrokerClientOptionsTests {
  private var configuration = BridgeConfiguration()

  private var options: ClientOptions {
    BrokerClientOptions.make(configuration, clientID: "c")
  }

  @Test(arguments: [1, 1024, 65_535])
  mutating func `everything the store feeds at once may wait in the session`(inflight: Int) {
    configuration.mqtt.inflight = inflight
    #expect(options.session.inflightMaximum == inflight)
    #expect(options.session.queuedPublishesMaximum >= max(1024, inflight))
  }

  @Test mutating func `the session outlives the connection and records PUBREC`() {
    configuration.mqtt.sessionExpiry = .seconds(60)
    let session = options.session
    #expect(session.clientID == "c")
    #expect(!session.cleanStart)
    #expect(session.recordsReceived)
    #expect(session.connect.sessionExpiryInterval == 60)
    configuration.mqtt.version = .v311
    #expect(options.session.version == .v311)
  }

  @Test mutating func `what the URL says reaches the client, which never gives up`() throws {
    configuration.mqtt.broker = try BrokerURL(
      "wss://h?tls_ca_file=/ca.pem&proxy=http%3A%2F%2Fp%3A1&backoff_maximum=7s&receive_maximum=9")
    #expect(options.tls.trust == [.file("/ca.pem")])
    #expect(options.proxy?.host == "p")
    #expect(options.session.connect.receiveMaximum == 9)
    let reconnect = options.session.reconnect
    #expect(reconnect.backoff.maximum == .seconds(7))
    #expect(reconnect.attemptsMaximum == nil && reconnect.refusalsMaximum == nil)
    #expect(reconnect.afterTakeOver == .waitLongest)
  }

  @Test mutating func `the session ends uncertain publishes only where they are to be held`() {
    #expect(options.session.delivery.sessionLoss == .republish)
    configuration.publishing.uncertain = .hold
    #expect(options.session.delivery.sessionLoss == .report)
  }

  @Test mutating func `numbers that do not fit are the largest that do`() {
    configuration.mqtt.keepAlive = .seconds(100_000)
    configuration.mqtt.sessionExpiry = .seconds(Int64.max)
    #expect(options.session.keepAlive == .max)
    #expect(options.session.connect.sessionExpiryInterval == .max)
  }
}
