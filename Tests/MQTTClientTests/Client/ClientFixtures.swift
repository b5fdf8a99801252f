import MQTTClient
import MQTTClientTesting
import TestSupport

/// A client of a scripted broker, and what tests ask of both.
struct ClientFixture {
  let broker: MQTTClientTesting.ScriptedBroker
  let client: MQTTClient

  /// A broker that does what the script says, and a client that is not started.
  init(
    version: ProtocolVersion = .v5, _ change: (inout ClientOptions) -> Void = { _ in },
    script: @escaping MQTTClientTesting.ScriptedBroker.Script = { _ in [.behave] },
    cleanStart: Bool = true, holdTime: Duration = .seconds(3600)
  ) throws {
    broker = try MQTTClientTesting.ScriptedBroker(script)
    var options = try ClientOptions.forTests(broker.url, version: version)
    options.session.cleanStart = cleanStart
    change(&options)
    client = try MQTTClient(options, holdingUnroutedFor: holdTime)
  }

  /// The topic filters of all packets of this kind that came, one list per packet.
  func filters(_ type: PacketType) -> [[String]] {
    broker.packets.compactMap { received in
      switch received.packet {
      case .subscribe(let packet) where type == .subscribe: packet.subscriptions.map(\.filter)
      case .unsubscribe(let packet) where type == .unsubscribe: packet.filters
      default: nil
      }
    }
  }

  /// The packet identifiers of the PUBACKs that came.
  var acknowledged: [PacketID] {
    broker.packets.compactMap {
      if case .publishAck(let reply) = $0.packet { reply.packetID } else { nil }
    }
  }

  /// The packet identifier of the PUBLISH that came as number `count`.
  func publishID(_ count: Int) async throws -> PacketID {
    guard case .publish(let publish)? = await broker.packet(.publish, count: count)?.packet,
      let id = publish.packetID
    else { throw TestFailure("no PUBLISH with an identifier") }
    return id
  }

  func acknowledge(_ id: PacketID) { broker.perform([.send(.publishAck(PublishReply(id)))]) }

  /// Waits until the broker has everything that was sent before, by a publish of its own.
  func settle() async throws {
    let mark = "settled/\(UInt64.random(in: .min ... .max))"
    guard await client.publish("", to: mark).isSuccess else {
      throw TestFailure("the broker does not answer")
    }
  }
}

extension ClientOptions {
  /// Options that are impatient enough for tests.
  static func forTests(
    _ url: String, clientID: String = "test", version: ProtocolVersion = .v5
  ) throws -> Self {
    var session = SessionOptions(clientID: clientID, version: version)
    session.cleanStart = true
    session.reconnect.backoff = Backoff(initial: .milliseconds(5), maximum: .milliseconds(20))
    return Self(broker: try BrokerURL(url), session: session)
  }
}

/// A script that answers CONNECT by its own, and leaves the rest to a well-behaved broker.
func answering(
  _ reasonCode: ReasonCode, _ change: @escaping @Sendable (inout ConnectAck) -> Void = { _ in }
) -> MQTTClientTesting.ScriptedBroker.Script {
  { received in
    guard received.type == .connect else { return [.behave] }
    var ack = ConnectAck(sessionPresent: false, reasonCode: reasonCode)
    change(&ack)
    return reasonCode.isFailure ? [.send(.connectAck(ack)), .close] : [.behave]
  }
}

/// Whether an error is this one.
func thrown<Result>(_ body: () async throws(ClientError) -> Result) async -> ClientError? {
  do throws(ClientError) {
    _ = try await body()
    return nil
  } catch {
    return error
  }
}

/// Whether a condition became true in time; the task sleeps between two looks.
func soon(_ condition: () -> Bool) async -> Bool {
  await eventually { () async -> Bool in condition() }
}
