import HTTPFront

/// What is wrong with the addresses of the servers, and what they need to speak TLS.
struct ListenerCheck {
  private let http: HTTPConfiguration
  private let source: (SettingKey) -> SettingSource
  private(set) var problems: [ConfigurationProblem] = []
  /// What the public server shows; nil without TLS, and after a problem with it.
  private(set) var identity: TLSIdentity?

  /// `isOpen` says that nobody has to log in; then only this machine may get in.
  init(_ http: HTTPConfiguration, isOpen: Bool, source: @escaping (SettingKey) -> SettingSource) {
    self.http = http
    self.source = source
    if isOpen { checkReach() }
    checkUniqueness()
    identity = http.tls.identity(&problems, source: source)
    checkSchemes()
  }

  private mutating func report(_ key: SettingKey, _ message: String) {
    problems.append(ConfigurationProblem(source(key), message))
  }

  private mutating func checkReach() {
    let open = http.listen.list.filter { !$0.isLoopback }.compactMap(\.hostPort)
    let admin = http.adminListen.isLoopback ? [] : [http.adminListen]
    for (key, addresses) in [(SettingKey.listen, open), (.adminListen, admin)] {
      for address in addresses {
        report(
          key,
          "\(address) can be reached from other machines, but no authentication is configured; "
            + "set jwt_key_file, jwks_file, jwt_secret_file or access_file, or use 127.0.0.1 or [::1]"
        )
      }
    }
  }

  private mutating func checkUniqueness() {
    var seen: [ListenAddress] = []
    for address in http.listen.list {
      let place: ListenAddress =
        if let hostPort = address.hostPort { .tcp(hostPort, nil) } else { address }
      if seen.contains(place), address.hostPort?.port != 0 {
        report(.listen, "\(address) is there twice")
      }
      seen.append(place)
    }
    if http.adminListen.port != 0, seen.contains(.tcp(http.adminListen, nil)) {
      report(
        .adminListen, "\(http.adminListen) is the address of listen too; each needs its own port")
    }
  }

  private mutating func checkSchemes() {
    let hasCertificate = http.tls.certificate != nil
    let secure = http.listen.list.filter { $0.isSecure(withCertificate: hasCertificate) }
    if !hasCertificate, let first = secure.first {
      report(.listen, "\(first) needs the settings tls_certificate and tls_key")
    }
    if hasCertificate, secure.isEmpty {
      report(.tlsCertificate, "no address of listen speaks TLS")
    }
  }
}
