extension ServerReference {
  /// The URL for a client that was sent there by the broker at `origin`.
  ///
  /// What the reference leaves open stays as it was; a name such as `_mqtt._tcp.example.org` asks DNS
  /// for its hosts. Nil if the way there were not protected by TLS as the way to `origin` was, and if
  /// no URL can say it.
  func url(from origin: BrokerURL) -> BrokerURL? {
    let text: String
    if let service {
      text = service
    } else {
      let address = host.contains(":") ? "[\(host)]" : host
      let scheme = scheme?.rawValue ?? origin.scheme.ofHosts.rawValue
      let isWebSocket = BrokerURL.Scheme(rawValue: scheme)?.isWebSocket == true
      let path = isWebSocket ? path ?? (self.scheme == nil ? origin.path : "") : ""
      text = "\(scheme)://\(address)\(port.map { ":\($0)" } ?? "")\(path)"
    }
    guard let url = try? BrokerURL(text) else { return nil }
    return origin.scheme.isSecure && !url.scheme.isSecure ? nil : url
  }

  private var service: String? {
    guard scheme == nil, port == nil else { return nil }
    for (prefix, name) in [("_mqtt._tcp.", "mqtt+srv"), ("_secure-mqtt._tcp.", "mqtts+srv")]
    where host.hasPrefix(prefix) {
      return "\(name)://\(host.dropFirst(prefix.utf8.count))"
    }
    return nil
  }
}

extension BrokerURL.Scheme {
  /// What reaches a single host in the same way.
  fileprivate var ofHosts: Self {
    switch self {
    case .mqtt, .unix, .mqttService: .mqtt
    case .mqtts, .mqttsService: .mqtts
    case .ws, .wss: self
    }
  }
}
