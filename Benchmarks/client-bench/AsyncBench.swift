import MQTTClient

/// The asynchronous face, `MQTTClient`.
struct AsyncBench {
  private let arguments: BenchArguments

  init(_ arguments: BenchArguments) { self.arguments = arguments }

  /// Hands messages over by halves of what may be outstanding, and waits for the half before.
  func publish() async throws {
    let client = try MQTTClient(arguments.options)
    try await client.connect()
    let watch = Stopwatch()
    // Two tasks, so that one batch is under way while the outcomes of the other are looked at.
    let size = max(1, arguments.outstanding / 2)
    let halves = [arguments.count / 2, arguments.count - arguments.count / 2]
    try await withThrowingTaskGroup { group in
      for count in halves {
        group.addTask { try await publish(count, atOnce: size, client) }
      }
      try await group.waitForAll()
    }
    if arguments.qos == .atMostOnce {
      // All before it was taken once the broker acknowledges this one.
      try await client.publish("end", to: arguments.topic).check()
    }
    watch.report(arguments, count: arguments.count, seconds: watch.seconds)
    await client.disconnect()
  }

  private func publish(_ count: Int, atOnce size: Int, _ client: MQTTClient) async throws {
    let batch = Array(repeating: arguments.message, count: min(size, count))
    var left = count
    while left > 0 {
      let messages = left < batch.count ? Array(batch.prefix(left)) : batch
      let outcomes = await client.publish(contentsOf: messages)
      for outcome in outcomes { try outcome.check() }
      left -= outcomes.count
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
    for try await batch in messages.batches() {
      if count == 0 { first = watch.seconds }
      count += batch.count
      if count >= arguments.count { break }
    }
    guard count == arguments.count else { throw BenchFailure.endedAfter(count) }
    watch.report(arguments, count: count, seconds: watch.seconds - first)
    await client.disconnectNow()
  }

  /// Connects and disconnects, one after the other.
  func connect() async throws {
    let options = try arguments.options
    let watch = Stopwatch()
    for _ in 0..<arguments.count {
      let client = try MQTTClient(options)
      try await client.connect()
      await client.disconnect()
    }
    watch.report(arguments, count: arguments.count, seconds: watch.seconds)
  }
}
