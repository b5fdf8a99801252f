extension URLOption {
  static let session = [
    URLOption(
      "client_id", .session, "the client identifier", .text, \.session.clientID),
    URLOption(
      "version", .session, "the protocol version",
      URLValue(expected: "5 or 3.1.1") { ["5": .v5, "3.1.1": .v311][$0] }, \.session.version),
    URLOption(
      "clean_start", .session, "whether the broker forgets the session it has", .flag,
      \.session.cleanStart),
    URLOption(
      "session_expiry", .session, "how long the broker keeps the session (MQTT 5)",
      URLValue(expected: "a time such as 90s, 12h, or never") {
        $0 == "never" ? UInt32.max : URLValue.seconds(0...UInt32.max - 1).read($0)
      }, \.session.connect.sessionExpiryInterval),
    URLOption(
      "keep_alive", .session, "the longest silence; 0 for no limit", .seconds(0...UInt16.max),
      \.session.keepAlive),
    URLOption(
      "receive_maximum", .session, "how many deliveries may be unacknowledged (MQTT 5)",
      .number(1...UInt16.max), \.session.connect.receiveMaximum),
    URLOption(
      "receive_maximum_excess", .session, "what to do when the broker sends more (MQTT 5)",
      URLValue(expected: "tolerate or disconnect") {
        ["tolerate": .tolerate, "disconnect": .disconnect][$0]
      }, \.session.receiveMaximumExcess),
    URLOption(
      "maximum_packet_size", .session, "the largest packet to accept, in bytes",
      .number(1...UInt32.max), \.session.connect.maximumPacketSize),
    URLOption(
      "topic_alias_maximum", .session, "how many topic aliases the broker may use (MQTT 5)",
      .number(0...UInt16.max), \.session.connect.topicAliasMaximum),
    URLOption(
      "inflight", .session, "how many publishes may be unacknowledged", .number(1...65_535),
      \.session.inflightMaximum),
    URLOption(
      "queued_publishes", .session, "how many publishes may wait", .number(0...100_000_000),
      \.session.queuedPublishesMaximum),
    URLOption(
      "queued_filters", .session, "how many topic filters may wait to be subscribed",
      .number(1...100_000_000), \.session.queuedFiltersMaximum),
    URLOption(
      "filters_per_packet", .session, "how many topic filters go into one packet",
      .number(1...65_535), \.session.filtersPerPacketMaximum),
    URLOption(
      "resubscribe", .session, "whether to subscribe again when the broker lost the session",
      .flag, \.session.resubscribe),
    URLOption(
      "resubscribe_retained", .session, "which retained messages come then (MQTT 5)",
      URLValue(expected: "send, send_if_new or ignore") {
        ["send": .send, "send_if_new": .sendIfNew, "ignore": .ignore][$0]
      }, \.session.resubscribeRetainHandling),
    URLOption(
      "unknown_session", .session, "what to do with a session that only the broker knows",
      URLValue(expected: "use or refuse") { ["use": .use, "refuse": .refuse][$0] },
      \.session.unknownSession),
    URLOption(
      "bridge", .session, "whether CONNECT says that this is a bridge (MQTT 3.1.1)", .flag,
      \.session.isBridge),
    URLOption(
      "request_response_information", .session, "whether to ask for response information (MQTT 5)",
      .flag, \.session.connect.requestResponseInformation),
    URLOption(
      "request_problem_information", .session, "whether to ask for reasons (MQTT 5)", .flag,
      \.session.connect.requestProblemInformation),
    URLOption(
      "authentication_timeout", .session, "the longest one authentication may take", .time,
      \.session.authenticationTimeout),
    URLOption(
      "connect_timeout", .session, "the time from the wish for a connection to CONNACK", .time,
      \.session.connectTimeout),
    URLOption(
      "ping_fraction", .session, "the share of the keep-alive after which to ping",
      .fraction(0.1...1), \.session.pingFraction),
    URLOption(
      "ping_timeout", .session, "the longest wait for an answer to PINGREQ", .time,
      \.session.pingTimeout),
    URLOption(
      "acknowledgement_timeout", .session, "the longest wait for an acknowledgement", .time,
      \.session.acknowledgementTimeout),
  ]

  static let reconnect = [
    URLOption(
      "backoff_initial", .reconnect, "the wait after the first failure", .time,
      \.session.reconnect.backoff.initial),
    URLOption(
      "backoff_maximum", .reconnect, "the longest wait between two attempts", .time,
      \.session.reconnect.backoff.maximum),
    URLOption(
      "backoff_reset", .reconnect, "how long a connection must hold to count as good", .time,
      \.session.reconnect.backoff.resetAfter),
    URLOption(
      "backoff_factor", .reconnect, "what each further failure multiplies the wait by",
      .fraction(1...1000), \.session.reconnect.backoff.factor),
    URLOption(
      "backoff_jitter", .reconnect, "the largest random share of a wait", .fraction(0...1),
      \.session.reconnect.backoff.jitter),
    URLOption(
      "attempts_maximum", .reconnect, "after how many failures in a row to give up",
      .number(1...1_000_000_000), \.session.reconnect.attemptsMaximum),
    URLOption(
      "refusals_maximum", .reconnect, "after how many refusals in a row to give up",
      URLValue(expected: "a whole number, or off") { text in
        text == "off"
          ? .some(nil) : URLValue<Int>.number(1...1_000_000_000).read(text).map(Optional.some)
      }, \.session.reconnect.refusalsMaximum),
    URLOption(
      "redirect", .reconnect, "what to do when the broker names another server (MQTT 5)",
      URLValue(expected: "ignore, follow or follow_with_credentials") {
        [
          "ignore": .ignore, "follow": .follow(),
          "follow_with_credentials": .follow(sendsCredentials: true),
        ][$0]
      }, \.session.redirect),
    URLOption(
      "server_order", .reconnect, "in which order several servers are tried",
      URLValue(expected: "in_order or shuffled") { ClientOptions.ServerOrder(rawValue: $0) },
      \.serverOrder),
  ]
}
