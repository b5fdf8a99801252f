/// Finds everything that is wrong at once.
extension AccessConfiguration {
  /// All problems; keys are only read when they are loaded (`KeyRing.load`).
  package var problems: [Problem] {
    callerProblems + originProblems + proxyProblems + limitProblems
  }

  private var callerProblems: [Problem] {
    var problems: [Problem] = []
    for (index, user) in users.enumerated() {
      let path = "users[\(index)]"
      problems += Self.names(users.map(\.name), index, path)
      if user.name.utf8.contains(UInt8(ascii: ":")) {
        problems.append(Problem("\(path).name", "has a colon, which no client could send"))
      }
      if PasswordHash(user.password) == nil {
        problems.append(
          Problem("\(path).password", "is not a hash that 'mqtt-bridge hash-secret' makes"))
      }
      problems += check(user.grants, user.name, "\(path).grants")
    }
    for (index, key) in apiKeys.enumerated() {
      let path = "api_keys[\(index)]"
      problems += Self.names(apiKeys.map(\.name), index, path)
      let hash = APIKeyHash(key.hash)
      if hash == nil {
        problems.append(Problem("\(path).hash", "is not 'sha256:' and 64 hexadecimal digits"))
      } else if apiKeys[..<index].contains(where: { APIKeyHash($0.hash) == hash }) {
        problems.append(Problem("\(path).hash", "is there twice"))
      }
      problems += check(key.grants, key.name, "\(path).grants")
    }
    for (index, entry) in certificates.enumerated() {
      let path = "certificates[\(index)]"
      problems += Self.names(certificates.map(\.name), index, path)
      problems += check(entry.grants, entry.name, "\(path).grants")
    }
    if let anonymous { problems += check(anonymous, nil, "anonymous") }
    return problems
  }

  private static func names(_ names: [String], _ index: Int, _ path: String) -> [Problem] {
    let name = names[index]
    if name.isEmpty { return [Problem("\(path).name", "is empty")] }
    guard !names[..<index].contains(where: { $0.utf8.elementsEqual(name.utf8) }) else {
      return [Problem("\(path).name", "'\(GrantWords.short(name))' is there twice")]
    }
    return []
  }

  /// The filters of a grant object, each by itself so that all that are wrong are named.
  private func check(_ object: GrantObject, _ name: String?, _ path: String) -> [Problem] {
    let caller = Identity(subject: name, username: name, clientID: hasClientIDs ? "x" : nil)
    var problems: [Problem] = []
    let lists: [(String, GrantRule.Effect, [String])] = [
      ("deny", .deny, object.deny), ("publish", .allow, object.publish),
      ("subscribe", .allow, object.subscribe),
    ]
    for (list, effect, texts) in lists {
      for (index, text) in texts.enumerated() {
        let place = "\(path).\(list)[\(index)]"
        do {
          let pattern = try GrantPattern(text, for: caller, effect: effect)
          guard case .nothing(let why) = pattern.scope else { continue }
          let remedy =
            pattern.lacksClientID
            ? ", which only clients of GET /mqtt have: see the setting mqtt_tunnel" : ""
          problems.append(Problem(place, "grants nothing: \(why)\(remedy)"))
        } catch { problems.append(Problem(place, error.words)) }
      }
    }
    return problems
  }

  private var originProblems: [Problem] {
    var problems: [Problem] = []
    for (index, origin) in allowedOrigins.enumerated() where origin != "*" {
      if !CORSPolicy.isOrigin(origin) {
        problems.append(
          Problem("allowed_origins[\(index)]", "is not an origin such as https://app.example"))
      }
    }
    if allowedOrigins.contains("*") {
      if allowedOrigins.count > 1 {
        problems.append(Problem("allowed_origins", "'*' must stand alone"))
      }
      if acceptsCookie {
        problems.append(Problem("allowed_origins", "'*' and the cookie do not go together"))
      }
    }
    return problems
  }

  private var proxyProblems: [Problem] {
    trustedProxies.enumerated().compactMap { index, text in
      AddressRange(text) == nil
        ? Problem("trusted_proxies[\(index)]", "is not an address or a range such as 10.0.0.0/8")
        : nil
    }
  }

  private var limitProblems: [Problem] {
    var problems: [Problem] = []
    func check(_ path: String, _ number: Int64, _ range: ClosedRange<Int64>) {
      guard !range.contains(number) else { return }
      problems.append(Problem(path, "is not between \(range.lowerBound) and \(range.upperBound)"))
    }
    check("leeway", tokens.leeway, 0...600)
    check("streams.total", Int64(streams.total), 1...1_000_000)
    check("streams.per_account", Int64(streams.perAccount), 1...1_000_000)
    check("streams.per_address", Int64(streams.perAddress), 1...1_000_000)
    check("publish_burst", Int64(publishBurst), 1...1_000_000_000)
    check("ticket_seconds", ticketSeconds, 1...3600)
    check("ticket_lifetime", ticketLifetime, 1...2_592_000)
    if let ticketKey, ticketKey.count < Tickets.keyBytesMinimum {
      problems.append(
        Problem("ticket_key", "is shorter than \(Tickets.keyBytesMinimum) bytes"))
    }
    if let keySetURL, !Self.isSafe(keySetURL) {
      problems.append(
        Problem("jwks_url", "is not https://…, which only this machine may do without"))
    }
    return problems
  }

  private static func isSafe(_ url: String) -> Bool {
    if url.hasPrefix("https://") { return url.utf8.count > 8 }
    return ["localhost", "127.0.0.1", "[::1]"].contains { host in
      ["", "/", ":"].contains { end in
        end.isEmpty ? url == "http://\(host)" : url.hasPrefix("http://\(host)\(end)")
      }
    }
  }
}
