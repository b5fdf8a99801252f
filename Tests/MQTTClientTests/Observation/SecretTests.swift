import MQTTClient
import TestSupport
import Testing

/// Secrets stay out of everything that can be printed.
@Suite struct SecretTests {
  @Test func `no value shows a secret in any form`() {
    #expect(SecretValues.all.count > 30)
    for value in SecretValues.all {
      #expect(Secret.leak(of: value) == nil, "\(type(of: value))")
    }
  }

  @Test func `the test sees a secret in every form`() {
    #expect(Secret.leak(of: Secret.text) != nil)
    #expect(Secret.leak(of: ["a": [Secret.text]]) != nil)
    #expect(Secret.leak(of: Secret.bytes) != nil)
    #expect(Secret.leak(of: [UInt8](Secret.bytes)[...]) != nil)
    #expect(Secret.leak(of: Result<Int, Shown>.failure(Shown(text: Secret.text))) != nil)
    #expect(Secret.leak(of: "Basic " + "YWI6czNjcjN0TTRyazNy") != nil)
    #expect(Secret.leak(of: "a value") == nil)
  }

  @Test(arguments: SecretFields.types)
  func `every option is known to hold a secret or not to`(fields: SecretFields) {
    #expect(
      fields.found == fields.known,
      "\(fields.type): put a new option into SecretFields, and its secret into SecretValues")
  }

  /// A link that fails in every phase tells nothing of what it was given.
  @Test func `no event of a failing link shows a secret`() throws {
    let listener = try LoopbackListener()
    var options = try ClientOptions.test(port: listener.port)
    let secret = SecretValues.session
    options.session.username = secret.username
    options.session.password = secret.password
    options.session.will = secret.will
    var entries: [ConnectionEvent] = []
    let connection = try MQTTConnection(options, packetEvents: PacketEventContent())
    connection.process()
    let peer = BrokerPeer(try listener.accept())
    try connection.tryPublish(Message("t", text: Secret.text))
    #expect(
      try eventually {
        connection.process()
        return try peer.nextIfArrived() != nil
      })
    try peer.socket.send([0x20, 0xFF, 0xFF, 0xFF, 0xFF])
    _ = eventually {
      while let event = connection.tryPoll() { entries.append(event) }
      return connection.metrics.counters.connectionFailures.total > 0
    }
    connection.disconnectNow()
    for event in connection.events { entries.append(event) }
    #expect(entries.count > 4)
    for event in entries { #expect(Secret.leak(of: event) == nil) }
    #expect(Secret.leak(of: connection.diagnostics) == nil)
    #expect(Secret.leak(of: connection.metrics) == nil)
  }

  private struct Shown: Error {
    let text: String
  }
}
