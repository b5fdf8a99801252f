import Testing

@testable import MQTTClient

/// The query items of broker URLs.
@Suite struct URLOptionTests {
  /// A value for every option.
  private static let values: [String: String] = [
    "client_id": "meter%207", "version": "3.1.1", "clean_start": "true", "session_expiry": "12h",
    "keep_alive": "2m", "receive_maximum": "7", "receive_maximum_excess": "disconnect",
    "maximum_packet_size": "1000", "topic_alias_maximum": "8", "inflight": "9",
    "queued_publishes": "10", "queued_filters": "11", "filters_per_packet": "12",
    "resubscribe": "false", "bridge": "true",
    "request_response_information": "true", "request_problem_information": "false",
    "authentication_timeout": "3s", "connect_timeout": "1500ms", "ping_fraction": "0.5",
    "ping_timeout": "4", "acknowledgement_timeout": "5s", "backoff_initial": "1s",
    "backoff_maximum": "1m", "backoff_reset": "9s", "backoff_factor": "1.5",
    "backoff_jitter": "0.1", "attempts_maximum": "3", "refusals_maximum": "off",
    "server_order": "shuffled", "no_delay": "false", "send_buffer": "1", "receive_buffer": "2",
    "bind_address": "127.0.0.1", "bind_port": "3", "bind_device": "lo", "tcp_keep_alive": "off",
    "tcp_keep_alive_interval": "5s", "tcp_keep_alive_probes": "6", "tcp_user_timeout": "7s",
    "mptcp": "true", "dscp": "46", "mark": "9", "dial_stagger": "10ms",
    "write_stall_timeout": "11s", "close_timeout": "12s", "proxy": "socks5%3A%2F%2Fproxy%3A9",
    "queued_bytes": "13", "overflow": "drop_oldest", "queue_qos0": "true", "topic_aliases": "lru",
    "rate_messages": "14", "rate_bytes": "15", "quarantine_after": "16", "session_loss": "report",
    "replay_rate_messages": "5", "replay_rate_bytes": "6", "accept_redelivery": "false",
    "resubscribe_retained": "send_if_new", "unknown_session": "refuse",
    "redirect": "follow_with_credentials",
    "will_topic": "w", "will_payload": "gone", "will_qos": "1", "will_retain": "true",
    "will_delay": "17", "tls_ca_file": "a.pem", "tls_ca_directory": "/certs",
    "tls_certificate": "c.pem", "tls_key": "k.pem", "tls_key_uri": "pkcs11:object=c",
    "tls_pkcs12": "c.p12",
    "tls_key_password": "hidden", "tls_psk_identity": "me", "tls_psk": "0aFf",
    "tls_server_name": "broker.example", "tls_sni": "off", "tls_alpn": "mqtt,x-mqtt",
    "tls_minimum": "1.3", "tls_maximum": "1.2", "tls_ciphers": "HIGH",
    "tls_cipher_suites": "TLS_AES_256_GCM_SHA384", "tls_security_level": "2",
    "tls_verify_chain": "false", "tls_verify_host": "false",
    "tls_pins": String(repeating: "ab", count: 32), "tls_crl_file": "r.pem",
    "tls_crl_scope": "chain", "tls_ocsp": "true", "tls_resumption": "false",
    "tls_provider": "fips", "tls_key_log": "/tmp/keys", "ws_subprotocols": "mqttv3.1",
    "ws_header": "Authorization: Bearer%20x", "ws_maximum_frame": "200", "ws_sent_frame": "100",
    "ws_ping_interval": "18s", "ws_pong_timeout": "19s", "ws_compression": "true",
  ]

  private static func options(_ query: String) throws -> ClientOptions {
    try ClientOptions("mqtt://h?\(query)")
  }

  @Test func `every option has a value in this test, a summary, and another effect`() throws {
    #expect(Set(URLOption.all.map(\.name)) == Set(Self.values.keys))
    #expect(Set(URLOption.all.map(\.name)).count == URLOption.all.count)
    for option in URLOption.all {
      #expect(!option.summary.isEmpty && !option.expected.isEmpty)
      let value = try #require(Self.values[option.name])
      _ = try Self.options("\(option.name)=\(value)")
      #expect(throws: BrokerURLError.self, "\(option.name)") {
        try Self.options("\(option.name)=")
      }
    }
  }

  @Test func `session options arrive`() throws {
    let query = URLOption.session.map { "\($0.name)=\(Self.values[$0.name] ?? "")" }
    let session = try Self.options(query.joined(separator: "&")).session
    #expect(session.clientID == "meter 7" && session.version == .v311 && session.cleanStart)
    #expect(session.connect.sessionExpiryInterval == 43_200 && session.keepAlive == 120)
    #expect(session.connect.receiveMaximum == 7 && session.connect.maximumPacketSize == 1000)
    #expect(session.receiveMaximumExcess == .disconnect && session.unknownSession == .refuse)
    #expect(session.resubscribeRetainHandling == .sendIfNew)
    #expect(session.connect.topicAliasMaximum == 8 && session.inflightMaximum == 9)
    #expect(session.queuedPublishesMaximum == 10 && session.queuedFiltersMaximum == 11)
    #expect(session.filtersPerPacketMaximum == 12 && !session.resubscribe && session.isBridge)
    #expect(session.connect.requestResponseInformation == true)
    #expect(session.connect.requestProblemInformation == false)
    #expect(session.authenticationTimeout == .seconds(3))
    #expect(session.connectTimeout == .milliseconds(1500) && session.pingFraction == 0.5)
    #expect(session.pingTimeout == .seconds(4) && session.acknowledgementTimeout == .seconds(5))
    #expect(try Self.options("session_expiry=never").session.connect.sessionExpiryInterval == .max)
  }

  @Test func `delivery options and the will arrive in any order`() throws {
    let items = URLOption.delivery.map { "\($0.name)=\(Self.values[$0.name] ?? "")" }
    for query in [items, items.reversed()] {
      let session = try Self.options(query.joined(separator: "&")).session
      #expect(session.delivery.queuedBytesMaximum == 13)
      #expect(session.delivery.overflow == .dropOldest && session.delivery.queuesQoS0)
      #expect(session.delivery.topicAliases == .leastRecentlyUsed)
      #expect(session.delivery.rate.messages == 14 && session.delivery.rate.bytes == 15)
      #expect(session.delivery.replayRate == PublishRate(messages: 5, bytes: 6))
      #expect(!session.delivery.acceptsRedelivery)
      #expect(session.delivery.quarantineAfter == 16 && session.delivery.sessionLoss == .report)
      let will = Will(
        topic: "w", payload: Array("gone".utf8)[...], qos: .atLeastOnce, isRetained: true,
        delayInterval: 17)
      #expect(session.will == will)
    }
  }

  @Test func `network and reconnect options arrive`() throws {
    let items = (URLOption.network + URLOption.reconnect + URLOption.proxied)
      .map { "\($0.name)=\(Self.values[$0.name] ?? "")" }
    let options = try Self.options(items.joined(separator: "&"))
    var network = NetworkOptions()
    network.noDelay = false
    (network.sendBufferBytes, network.receiveBufferBytes) = (1, 2)
    (network.bindAddress, network.bindPort, network.bindDevice) = ("127.0.0.1", 3, "lo")
    (network.keepAliveIdle, network.keepAliveInterval) = (nil, .seconds(5))
    (network.keepAliveProbes, network.userTimeout) = (6, .seconds(7))
    (network.usesMultipathTCP, network.dscp, network.mark) = (true, 46, 9)
    #expect(options.network == network)
    #expect(options.dialStagger == .milliseconds(10))
    #expect(options.writeStallTimeout == .seconds(11) && options.closeTimeout == .seconds(12))
    #expect(options.serverOrder == .shuffled)
    let reconnect = options.session.reconnect
    #expect(reconnect.attemptsMaximum == 3 && reconnect.refusalsMaximum == nil)
    #expect(reconnect.backoff.initial == .seconds(1) && reconnect.backoff.maximum == .seconds(60))
    #expect(reconnect.backoff.factor == 1.5 && reconnect.backoff.jitter == 0.1)
    #expect(options.proxy?.description == "socks5://proxy:9")
  }

  @Test(arguments: ["follow": false, "follow_with_credentials": true])
  func `a redirection is followed as the item says`(text: String, sendsCredentials: Bool) throws {
    let redirect = try Self.options("redirect=\(text)").session.redirect
    guard case .follow(sendsCredentials) = redirect.rule, redirect.maximum == 3 else {
      Issue.record("\(redirect)")
      return
    }
    guard case .ignore = try Self.options("redirect=ignore").session.redirect.rule else {
      Issue.record("a redirection is followed against the wish")
      return
    }
  }

  @Test func `TLS options arrive in any order`() throws {
    let names = ["tls_key_password", "tls_key", "tls_certificate"]
    for order in [names, names.reversed(), [names[1], names[0], names[2]]] {
      let query = order.map { "\($0)=\(Self.values[$0] ?? "")" }.joined(separator: "&")
      #expect(
        try Self.options(query).tls.clientCertificate
          == .pem(certificates: .file("c.pem"), key: .file("k.pem"), keyPassword: "hidden"))
    }
    #expect(
      try Self.options("tls_key_password=a&tls_pkcs12=b").tls.clientCertificate
        == .pkcs12(.file("b"), password: "a"))
    for query in ["tls_key_uri=u&tls_certificate=c", "tls_certificate=c&tls_key_uri=u"] {
      #expect(
        try Self.options(query).tls.clientCertificate
          == .stored(certificates: .file("c"), keyURI: "u", password: nil))
    }
    #expect(
      try Self.options("tls_certificate=both.pem").tls.clientCertificate
        == .pem(certificates: .file("both.pem"), key: .file("both.pem"), keyPassword: nil))
    let tls = try Self.options(
      "tls_ca_file=a&tls_ca_directory=b&tls_psk=0aff&tls_psk_identity=me&tls_sni=off&tls_alpn=x,y"
        + "&tls_verify_chain=false&tls_crl_file=c&tls_provider=fips&tls_minimum=1.3"
    ).tls
    #expect(tls.trust == [.file("a"), .directory("b")])
    #expect(tls.preSharedKey == .init(identity: "me", key: [10, 255]))
    #expect(tls.serverNameIndication == .omitted && tls.applicationProtocols == ["x", "y"])
    #expect(!tls.verifiesChain && tls.verifiesHostName && tls.minimumVersion == .v1_3)
    #expect(tls.revocationLists == [.file("c")] && tls.provider == .fips())
  }

  @Test func `WebSocket options arrive`() throws {
    let items = URLOption.webSocket.map { "\($0.name)=\(Self.values[$0.name] ?? "")" }
    let options = try Self.options(items.joined(separator: "&")).webSocket
    #expect(options.subprotocols == ["mqttv3.1"])
    #expect(options.headers == [HTTPHeader("Authorization", "Bearer x")])
    #expect(options.maximumFrameBytes == 200 && options.maximumSentFrameBytes == 100)
    #expect(options.pingInterval == .seconds(18) && options.pongTimeout == .seconds(19))
    #expect(options.compression != nil)
  }

  @Test(arguments: [
    "keep_alive=-1", "keep_alive=65536", "keep_alive=1.5s", "keep_alive=500ms", "keep_alive=1d",
    "connect_timeout=99999999999999999999", "connect_timeout=2000000000h", "connect_timeout=s",
    "clean_start=yes", "version=4", "receive_maximum=0", "will_qos=3", "dscp=", "dscp=%2B1",
    "tls_pins=abc", "tls_psk=abc", "tls_minimum=1.1", "proxy=ftp%3A%2F%2Fx", "ws_header=novalue",
    "ws_header=a:b%0Ac", "receive_maximum_excess=ignore", "redirect=ask",
    "unknown_session=new", "backoff_factor=nan", "backoff_jitter=2", "server_order=random",
  ])
  func `bad values are refused by name and not repeated`(item: String) throws {
    let error = #expect(throws: BrokerURLError.self) { try Self.options(item) }
    guard case .invalidItem(let name, let expected)? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(item.hasPrefix("\(name)=") && !expected.isEmpty)
  }

  @Test func `items of several servers are applied in order`() throws {
    let servers = [
      try BrokerURL("mqtt://a?keep_alive=1&client_id=x"), try BrokerURL("mqtt://b?keep_alive=2"),
    ]
    let options = ClientOptions(servers: servers, session: SessionOptions(clientID: "y"))
    #expect(options.session.keepAlive == 2 && options.session.clientID == "x")
  }

  @Test func `no description of the options shows a secret`() throws {
    let options = try ClientOptions(
      "ws://ann:hidden@h/p?token=hidden&tls_key_password=hidden&ws_header=a:hidden"
        + "&proxy=http%3A%2F%2Fx%3Ahidden@p&will_payload=hidden&will_topic=t&tls_psk=00")
    var dumped = ""
    dump(options, to: &dumped)
    for text in ["\(options)", String(reflecting: options), dumped] {
      #expect(!text.contains("hidden"))
    }
  }
}
