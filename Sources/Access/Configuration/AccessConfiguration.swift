/// Who may use the bridge and how much: what its configuration says, before anything is checked.
package struct AccessConfiguration: Equatable, Sendable {
  package struct User: Equatable, Sendable {
    package var name: String
    /// The text form of a `PasswordHash`.
    package var password: String
    package var grants: GrantObject

    package init(name: String, password: String, grants: GrantObject) {
      self.name = name
      self.password = password
      self.grants = grants
    }
  }

  package struct APIKey: Equatable, Sendable {
    package var name: String
    /// The text form of an `APIKeyHash`.
    package var hash: String
    package var grants: GrantObject

    package init(name: String, hash: String, grants: GrantObject) {
      self.name = name
      self.hash = hash
      self.grants = grants
    }
  }

  /// Clients whose certificate has this common name.
  package struct Certificate: Equatable, Sendable {
    package var name: String
    package var grants: GrantObject

    package init(name: String, grants: GrantObject) {
      self.name = name
      self.grants = grants
    }
  }

  /// Keys for tokens: PEM files, secrets and key sets from files.
  package var keys: [KeySource] = []
  /// Where a key set is fetched from; https only, but for this machine.
  package var keySetURL: String?
  /// A PEM file of the authorities that count for it instead of the system's.
  package var keySetAuthorities: String?
  package var refresh = KeyRefresh.Options()
  package var tokens = TokenPolicy()
  package var users: [User] = []
  package var apiKeys: [APIKey] = []
  package var certificates: [Certificate] = []
  /// What callers without a credential may do; nil is nothing.
  package var anonymous: GrantObject?
  /// Whether a token in the cookie counts.
  package var acceptsCookie = false
  package var allowedOrigins: [String] = []
  package var trustedProxies: [String] = []
  package var proxyHeader = ProxyChain.Header.xForwardedFor
  package var streams = StreamCounts.Limits()
  /// How fast an account may publish; nil is without limit.
  package var publishRate = Rate(count: 100, seconds: 1)
  package var publishBurst = 200
  /// Signs tickets; nil is no tickets.
  package var ticketKey: [UInt8]?
  package var ticketSeconds: Int64 = 60
  package var ticketLifetime: Int64 = 86_400
  /// Whether some connections have a client identifier, so that `${clientid}` means something in the
  /// grants of the configuration.
  package var hasClientIDs = false

  package init() {}

  /// Whether nobody is asked who they are: then the bridge listens on loopback only.
  package var isOpen: Bool {
    keys.isEmpty && keySetURL == nil && users.isEmpty && apiKeys.isEmpty && certificates.isEmpty
      && anonymous == nil
  }

  /// What is wrong with a setting.
  package struct Problem: Equatable, Sendable {
    /// Such as `users[1].password`.
    package let path: String
    package let reason: String

    init(_ path: String, _ reason: String) {
      self.path = path
      self.reason = reason
    }
  }
}
