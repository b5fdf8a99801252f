import EventLoop
public import MQTTClient

/// A broker for tests, which listens on a loopback port and does what a script says.
///
///     let broker = try ScriptedBroker { packet in
///       packet.type == .connect
///         ? [.send(.connectAck(ConnectAck(sessionPresent: false, reasonCode: .notAuthorized)))]
///         : [.behave]
///     }
///
/// Without a script it behaves well: it keeps sessions, subscriptions and retained messages in
/// memory, routes messages, and speaks MQTT 3.1.1 and 5. It serves any number of connections on one
/// thread of its own, and ends with its last reference. It is no broker for production: nothing
/// is bounded but the messages kept for a client that is away (10,000).
public final class ScriptedBroker: Sendable {
  /// Decides about one packet; the broker's thread calls it for each packet in turn.
  public typealias Script = @Sendable (ReceivedPacket) -> [BrokerReaction]

  /// The loopback port it listens on.
  public let port: UInt16
  private let mailbox: Mailbox<BrokerCommand>
  private let records = PacketRecords()
  private let thread: LoopThread

  /// Listens on a free port of 127.0.0.1 and starts the thread.
  ///
  /// The script gets each packet and answers with what to do, in order; `.behave` is what a
  /// well-behaved broker does. Throws when the system has no socket or thread left.
  public init(
    _ script: @escaping Script = { _ in [.behave] }
  ) throws(ScriptedBrokerFailure) {
    do throws(SystemError) {
      let listener = try TCPListener(at: .loopback(port: 0))
      let mailbox = try Mailbox<BrokerCommand>(capacity: 1024)
      port = listener.address.port
      self.mailbox = mailbox
      let loop = Locked<BrokerLoop?>(try BrokerLoop(listener, mailbox, records, script))
      thread = try LoopThread(name: "scripted broker") {
        loop.withLock { exchange(&$0, with: nil) }?.run()
      }
    } catch {
      throw ScriptedBrokerFailure(description: error.description)
    }
  }

  deinit { mailbox.close() }

  /// Where clients connect to: `mqtt://127.0.0.1:PORT`.
  public var url: String { "mqtt://127.0.0.1:\(port)" }

  /// Every packet that came so far, in the order it came; from any thread.
  public var packets: [ReceivedPacket] { records.all }

  /// Waits until a packet has come that matches, also one that came before.
  ///
  /// Returns nil when none came within `limit`, or when the task is cancelled.
  public func packet(
    within limit: Duration = .seconds(10),
    where matches: @escaping @Sendable (ReceivedPacket) -> Bool
  ) async -> ReceivedPacket? {
    await records.first(within: limit, where: matches)
  }

  /// Waits for the packet of this kind that came as number `count`, counted from 1.
  public func packet(
    _ type: PacketType, count: Int = 1, within limit: Duration = .seconds(10)
  ) async -> ReceivedPacket? {
    await records.packet(type, count: count, within: limit)
  }

  /// Does these things on a connection, or on the newest one; after it, later packets are handled.
  public func perform(_ reactions: [BrokerReaction], on connection: Int? = nil) {
    mailbox.sendReserved(.perform(reactions, connection: connection))
  }

  /// Hands a message to every client with a matching subscription.
  public func publish(_ publish: Publish) { perform([.route(publish)]) }

  /// Cuts every connection with a TCP reset, as the end of a broker's process would.
  public func dropConnections() { mailbox.sendReserved(.dropAll) }

  /// Stops to listen, so that further attempts to connect are refused, or listens again.
  public func setAccepting(_ isAccepting: Bool) { mailbox.sendReserved(.accept(isAccepting)) }

  /// Closes everything and waits for the end of the thread; also happens with the last reference.
  public func stop() {
    mailbox.close()
    thread.join()
  }
}

/// Why a scripted broker could not be started: the system's own words.
public struct ScriptedBrokerFailure: Error, Equatable, Sendable, CustomStringConvertible {
  /// The call that failed, with its reason.
  public let description: String
}

/// What other threads ask of the broker's thread.
enum BrokerCommand: Sendable {
  case perform([BrokerReaction], connection: Int?)
  case dropAll
  case accept(Bool)
}
