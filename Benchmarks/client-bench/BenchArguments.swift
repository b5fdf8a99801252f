import MQTTClient

/// What the command line says, in the letters of mosqbench.
struct BenchArguments {
  enum Mode: String {
    case publish = "pub"
    case subscribe = "sub"
    case connect = "conn"
  }

  let mode: Mode
  private(set) var port = 1883
  private(set) var count = 100_000
  private(set) var qos = QoS.atMostOnce
  private(set) var size = 64
  private(set) var inflight = 20
  private(set) var topic = "bench/t"
  /// How many messages are handed over and not yet completed; never less than are in flight.
  private(set) var outstanding = 10_000
  private(set) var isBlocking = false

  init(_ arguments: [String]) throws {
    guard arguments.count > 1, let mode = Mode(rawValue: arguments[1]) else {
      throw BenchFailure.usage
    }
    self.mode = mode
    var rest = arguments.dropFirst(2)
    while let name = rest.popFirst() {
      if name == "-b" {
        isBlocking = true
        continue
      }
      guard let value = rest.popFirst() else { throw BenchFailure.usage }
      if name == "-t" { topic = value } else { try set(name, value) }
    }
    outstanding = max(outstanding, inflight)
  }

  private mutating func set(_ name: String, _ value: String) throws {
    guard let number = Int(value), number >= 0 else { throw BenchFailure.usage }
    switch name {
    case "-p": port = number
    case "-n": count = number
    case "-q":
      guard let level = UInt8(exactly: number).flatMap(QoS.init) else { throw BenchFailure.usage }
      qos = level
    case "-s": size = number
    case "-i": inflight = number
    case "-o": outstanding = number
    default: throw BenchFailure.usage
    }
  }

  var message: Message {
    Message(topic, payload: [UInt8](repeating: UInt8(ascii: "x"), count: size), qos: qos)
  }

  /// The options of a user with high rates: as much under way as the command line says.
  var options: ClientOptions {
    get throws {
      var options = try ClientOptions("mqtt://127.0.0.1:\(port)")
      options.session.clientID = "client-bench"
      options.session.cleanStart = true
      options.session.inflightMaximum = inflight
      options.session.queuedPublishesMaximum = outstanding + 1
      options.session.connect.receiveMaximum = UInt16(clamping: max(1, inflight))
      options.mailboxCapacity = max(options.mailboxCapacity, outstanding + 1)
      return options
    }
  }

  /// Nothing is lost: a consumer that is too slow stops the reading.
  var buffer: MessageBuffering {
    MessageBuffering(messages: 10_000, bytes: 64 << 20, overflow: .pauseReading)
  }
}
