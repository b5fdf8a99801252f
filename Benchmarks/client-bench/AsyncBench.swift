import MQTTClient

/// The asynchronous face, `MQTTClient`.
struct AsyncBench {
  private let arguments: BenchArguments

  init(_ arguments: BenchArguments) { self.arguments = arguments }

  /// Hands messages over by halves of what may be outstanding, and waits for the half before.
  func publish() async throws {
    let client = try MQTTClient(arguments.options)
    try await client.connect()
    let message = arguments.message
    let half = max(1, arguments.outstanding / 2)
    let watch = Stopwatch()
    var older: [PublishTicket] = []
    var newer: [PublishTicket] = []
    for _ in 0..<arguments.count {
      if newer.count == half {
        try await check(older)
        swap(&older, &newer)
        newer.removeAll(keepingCapacity: true)
      }
      newer.append(try client.enqueue(message))
    }
    try await check(older)
    try await check(newer)
    if arguments.qos == .atMostOnce {
      // All before it was taken once the broker acknowledges this one.
      try await client.publish("end", to: arguments.topic).check()
    }
    watch.report(arguments, count: arguments.count, seconds: watch.seconds)
    await client.disconnect()
  }

  /// Waits for the outcome of all; the last one first, behind which the others are known.
  private func check(_ tickets: [PublishTicket]) async throws {
    for ticket in tickets.reversed() {
      if let outcome = ticket.outcomeIfKnown {
        try outcome.check()
      } else {
        try await ticket.outcome().check()
      }
    }
  }

  /// Counts what comes, from the first message on.
  func subscribe() async throws {
    let client = try MQTTClient(arguments.options)
    try await client.connect()
    let watch = Stopwatch()
    let messages = try await client.subscribe(
      to: arguments.topic,
      options: SubscriptionOptions(maximumQoS: arguments.qos, buffer: arguments.buffer))
    print("READY")
    var count = 0
    var first = watch.seconds
    for try await _ in messages {
      if count == 0 { first = watch.seconds }
      count += 1
      if count == arguments.count { break }
    }
    guard count == arguments.count else { throw BenchFailure.endedAfter(count) }
    watch.report(arguments, count: count, seconds: watch.seconds - first)
    await client.disconnectNow()
  }

  /// Connects and disconnects, one after the other.
  func connect() async throws {
    let watch = Stopwatch()
    for _ in 0..<arguments.count {
      let client = try MQTTClient(arguments.options)
      try await client.connect()
      await client.disconnect()
    }
    watch.report(arguments, count: arguments.count, seconds: watch.seconds)
  }
}
