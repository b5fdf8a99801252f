import MQTTClient

/// The asynchronous face, `MQTTClient`.
struct AsyncBench {
  private let arguments: BenchArguments

  init(_ arguments: BenchArguments) { self.arguments = arguments }

  /// Hands messages over and waits for the oldest one when too many are not completed.
  func publish() async throws {
    let client = try MQTTClient(arguments.options)
    try await client.connect()
    let message = arguments.message
    let watch = Stopwatch()
    var tickets: [PublishTicket] = []
    tickets.reserveCapacity(arguments.outstanding)
    for number in 0..<arguments.count {
      let index = number % arguments.outstanding
      if tickets.count > index {
        try await outcome(of: tickets[index]).check()
        tickets[index] = try client.enqueue(message)
      } else {
        tickets.append(try client.enqueue(message))
      }
    }
    for ticket in tickets { try await outcome(of: ticket).check() }
    if arguments.qos == .atMostOnce {
      // All before it was taken once the broker acknowledges this one.
      try await client.publish("end", to: arguments.topic).check()
    }
    watch.report(arguments, count: arguments.count, seconds: watch.seconds)
    await client.disconnect()
  }

  private func outcome(of ticket: PublishTicket) async throws -> PublishOutcome {
    if let outcome = ticket.outcomeIfKnown { return outcome }
    return try await ticket.outcome()
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
