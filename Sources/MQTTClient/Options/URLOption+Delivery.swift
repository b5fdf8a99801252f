extension URLOption {
  static let delivery = [
    URLOption(
      "queued_bytes", .session, "how many bytes of publishes may wait", .number(0...1 << 40),
      \.session.delivery.queuedBytesMaximum),
    URLOption(
      "overflow", .session, "what a full queue of publishes does",
      URLValue(expected: "reject_new or drop_oldest") {
        ["reject_new": .rejectNew, "drop_oldest": .dropOldest][$0]
      }, \.session.delivery.overflow),
    URLOption(
      "queue_qos0", .session, "whether QoS 0 publishes wait for a connection", .flag,
      \.session.delivery.queuesQoS0),
    URLOption(
      "topic_aliases", .session, "how topics are abbreviated (MQTT 5)",
      URLValue(expected: "disabled, monotonic or lru") {
        ["disabled": .disabled, "monotonic": .monotonic, "lru": .leastRecentlyUsed][$0]
      }, \.session.delivery.topicAliases),
    URLOption(
      "rate_messages", .session, "the most publishes per second", .number(1...1_000_000_000)
    ) { $0.session.delivery.rate.messages = Double($1 as Int) },
    URLOption(
      "rate_bytes", .session, "the most bytes of publishes per second", .number(1...1 << 40)
    ) { $0.session.delivery.rate.bytes = Double($1 as Int) },
    URLOption(
      "replay_rate_messages", .session, "the most publishes per second that go out again",
      .number(1...1_000_000_000)
    ) { $0.session.delivery.replayRate.messages = Double($1 as Int) },
    URLOption(
      "replay_rate_bytes", .session, "the most bytes per second of publishes that go out again",
      .number(1...1 << 40)
    ) { $0.session.delivery.replayRate.bytes = Double($1 as Int) },
    URLOption(
      "quarantine_after", .session, "after how many lost connections a publish is set aside",
      .number(1...1_000_000), \.session.delivery.quarantineAfter),
    URLOption(
      "session_loss", .session, "what becomes of open publishes when the session is lost",
      URLValue(expected: "republish or report") {
        ["republish": .republish, "report": .report][$0]
      }, \.session.delivery.sessionLoss),
    URLOption(
      "accept_redelivery", .session, "whether a message may come twice on one connection", .flag,
      \.session.delivery.acceptsRedelivery),
    URLOption("will_topic", .session, "the topic of the will", .text) {
      $0.session.setWill(\.topic, $1)
    },
    URLOption("will_payload", .session, "the payload of the will", .text, isSecret: true) {
      $0.session.setWill(\.payload, Array($1.utf8)[...])
    },
    URLOption(
      "will_qos", .session, "the QoS of the will",
      URLValue(expected: "0, 1 or 2") { UInt8($0).flatMap { QoS(rawValue: $0) } }
    ) { $0.session.setWill(\.qos, $1) },
    URLOption("will_retain", .session, "whether the broker keeps the will", .flag) {
      $0.session.setWill(\.isRetained, $1)
    },
    URLOption(
      "will_delay", .session, "how long the broker waits with the will (MQTT 5)",
      .seconds(0...UInt32.max)
    ) { $0.session.setWill(\.delayInterval, $1) },
  ]
}

extension SessionOptions {
  /// Changes the will, or begins one whose topic another item has still to name.
  fileprivate mutating func setWill<Value>(
    _ field: WritableKeyPath<Will, Value>, _ value: Value
  ) {
    var new = will ?? Will(topic: "", payload: [])
    new[keyPath: field] = value
    will = new
  }
}
