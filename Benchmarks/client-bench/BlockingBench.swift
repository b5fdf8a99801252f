import MQTTClient

/// The blocking face, `MQTTConnection`.
struct BlockingBench {
  private let arguments: BenchArguments

  init(_ arguments: BenchArguments) { self.arguments = arguments }

  private func open(_ options: ClientOptions) throws -> MQTTConnection {
    let connection = try MQTTConnection(
      options, buffering: arguments.buffer, operationsMaximum: arguments.outstanding)
    try connection.connect(within: .seconds(10))
    return connection
  }

  /// Begins as many publishes as may be open, and more when half of them have ended.
  func publish() throws {
    let connection = try open(arguments.options)
    let message = arguments.message
    let watch = Stopwatch()
    var (begun, ended) = (0, 0)
    while ended < arguments.count {
      if begun - ended <= arguments.outstanding / 2 {
        while begun < arguments.count, begun - ended < arguments.outstanding {
          try connection.tryPublish(message)
          begun += 1
        }
      }
      guard let event = connection.poll() else {
        if connection.isFinished { throw BenchFailure.endedAfter(ended) }
        continue
      }
      guard case .published(_, let outcome) = event else { continue }
      try outcome.check()
      ended += 1
    }
    if arguments.qos == .atMostOnce {
      // All before it was taken once the broker acknowledges this one.
      try connection.publish(Message(arguments.topic, text: "end", qos: .atLeastOnce)).check()
    }
    watch.report(arguments, count: arguments.count, seconds: watch.seconds)
    connection.disconnect()
  }

  /// Counts what comes, from the first message on.
  func subscribe() throws {
    let connection = try open(arguments.options)
    let watch = Stopwatch()
    try connection.subscribe(
      to: [arguments.topic], options: SubscriptionOptions(maximumQoS: arguments.qos))
    print("READY")
    var count = 0
    var first = watch.seconds
    while count < arguments.count, connection.receive(within: .seconds(10)) != nil {
      if count == 0 { first = watch.seconds }
      count += 1
    }
    guard count == arguments.count else { throw BenchFailure.endedAfter(count) }
    watch.report(arguments, count: count, seconds: watch.seconds - first)
    connection.disconnectNow()
  }

  /// Connects and disconnects, one after the other.
  func connect() throws {
    let options = try arguments.options
    let watch = Stopwatch()
    for _ in 0..<arguments.count {
      try open(options).disconnect()
    }
    watch.report(arguments, count: arguments.count, seconds: watch.seconds)
  }
}
