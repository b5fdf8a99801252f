extension URLOption {
  static let network = [
    URLOption(
      "no_delay", .network, "whether small packets leave at once (TCP_NODELAY)", .flag,
      \.network.noDelay),
    URLOption(
      "send_buffer", .network, "the system's send buffer in bytes", .number(1...1 << 30),
      \.network.sendBufferBytes),
    URLOption(
      "receive_buffer", .network, "the system's receive buffer in bytes", .number(1...1 << 30),
      \.network.receiveBufferBytes),
    URLOption(
      "bind_address", .network, "the address of this machine to connect from", .text,
      \.network.bindAddress),
    URLOption(
      "bind_port", .network, "the port of this machine to connect from", .number(1...UInt16.max),
      \.network.bindPort),
    URLOption(
      "bind_device", .network, "the network interface to use", .text, \.network.bindDevice),
    URLOption(
      "tcp_keep_alive", .network, "the silence after which the system probes the peer", .orOff,
      \.network.keepAliveIdle),
    URLOption(
      "tcp_keep_alive_interval", .network, "the time between two probes", .time,
      \.network.keepAliveInterval),
    URLOption(
      "tcp_keep_alive_probes", .network, "how many probes may stay unanswered", .number(1...127),
      \.network.keepAliveProbes),
    URLOption(
      "tcp_user_timeout", .network, "how long sent bytes may stay unconfirmed", .orOff,
      \.network.userTimeout),
    URLOption(
      "mptcp", .network, "whether to use Multipath TCP where the kernel has it", .flag,
      \.network.usesMultipathTCP),
    URLOption(
      "dscp", .network, "the differentiated services code point", .number(0...63), \.network.dscp),
    URLOption(
      "mark", .network, "the firewall mark of outgoing packets", .number(0...UInt32.max),
      \.network.mark),
    URLOption(
      "dial_stagger", .network, "the head start of each address before the next", .time,
      \.dialStagger),
    URLOption(
      "write_stall_timeout", .network, "how long the broker may take no byte", .time,
      \.writeStallTimeout),
    URLOption(
      "close_timeout", .network, "how long the last bytes may take to leave", .time, \.closeTimeout),
  ]

  static let proxied = [
    URLOption(
      "proxy", .proxy, "the proxy to connect through",
      URLValue(expected: "a URL with http, https or socks5, percent-encoded") {
        try? ProxyOptions($0)
      }, isSecret: true, \.proxy)
  ]
}

extension URLValue where Value == Duration? {
  static let orOff = Self(expected: "a time such as 10s or 2m, or off") { text in
    text == "off" ? .some(nil) : URLValue<Duration>.time.read(text).map(Optional.some)
  }
}
