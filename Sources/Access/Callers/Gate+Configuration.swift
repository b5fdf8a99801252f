import MQTTClient

extension Gate {
  /// The gate of a configuration without problems.
  ///
  /// `pepper` are random bytes of this process, and `decoy` is the hash of a password that nobody has.
  package init(
    _ configuration: AccessConfiguration, _ ring: KeyRing, pepper: [UInt8], decoy: PasswordHash
  ) throws(ClaimError) {
    var users: [String: Passwords.User] = [:]
    for (index, user) in configuration.users.enumerated() {
      guard let hash = PasswordHash(user.password) else { continue }
      let grants = try user.grants.grants(
        for: Identity(subject: user.name, username: user.name), origin: "user '\(user.name)'",
        pointer: "/users/\(index)/grants")
      users[user.name] = Passwords.User(
        hash: hash,
        caller: Caller(
          subject: user.name, account: "user:\(user.name)", method: .basic, grants: grants))
    }
    var keys: [(hash: APIKeyHash, caller: Caller)] = []
    for (index, key) in configuration.apiKeys.enumerated() {
      guard let hash = APIKeyHash(key.hash) else { continue }
      let grants = try key.grants.grants(
        for: Identity(subject: key.name, username: key.name), origin: "API key '\(key.name)'",
        pointer: "/api_keys/\(index)/grants")
      keys.append(
        (
          hash,
          Caller(subject: key.name, account: "key:\(key.name)", method: .apiKey, grants: grants)
        ))
    }
    var certificates: [String: Caller] = [:]
    for (index, entry) in configuration.certificates.enumerated() {
      let grants = try entry.grants.grants(
        for: Identity(subject: entry.name, username: entry.name),
        origin: "certificate '\(entry.name)'", pointer: "/certificates/\(index)/grants")
      certificates[entry.name] = Caller(
        subject: entry.name, account: "certificate:\(entry.name)", method: .certificate,
        grants: grants)
    }
    var anonymous: Grants?
    if let object = configuration.anonymous {
      anonymous = try object.grants(
        for: .anonymous, origin: "setting anonymous", pointer: "/anonymous")
    }
    self.init(
      verifier: TokenVerifier(ring, configuration.tokens),
      passwords: Passwords(users, decoy: decoy, pepper: pepper), keys: APIKeys(keys),
      certificates: certificates, anonymous: anonymous, acceptsCookie: configuration.acceptsCookie)
  }
}
