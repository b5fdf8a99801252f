/// The settings that say who may do what.
extension SettingCatalogue {
  static let access = [
    Setting(
      .jwtSecret, \.access.jwtSecret, default: "none",
      "The secret that tokens are signed with; jwt_secret_file keeps it out of process listings."),
    Setting(
      .jwtSecretFile, \.access.jwtSecretFile, default: "none",
      "A file that holds the secret that tokens are signed with."),
    Setting(
      .jwtAlgorithm, \.access.jwtAlgorithm, "The signature made with the secret."),
    Setting(
      .jwtKeyFile, \.access.jwtKeyFile, default: "none",
      "A PEM file with the public key that tokens are signed with; RS256, ES256 to ES512 or EdDSA."
    ),
    Setting(
      .jwksFile, \.access.jwksFile, default: "none",
      "A JSON file with the set of keys that tokens are signed with."),
    Setting(
      .jwksURL, \.access.jwksURL, default: "none",
      "Where the set of keys is fetched that tokens are signed with; https, or http on loopback."),
    Setting(
      .jwksCAFile, \.access.jwksCAFile, default: "those of the system",
      "A PEM file of the authorities that count for jwks_url."),
    Setting(
      .jwtIssuer, \.access.jwtIssuer, default: "anyone with the key",
      "Who must have issued a token: its claim iss."),
    Setting(
      .jwtAudience, \.access.jwtAudience, "Whom a token must be for: its claim aud."),
    Setting(
      .jwtLeeway, \.access.jwtLeeway, in: .zero ... .seconds(600),
      "How far the clock of the issuer may differ."),
    Setting(
      .accessFile, \.access.accessFile, default: "none",
      "A YAML file of users, API keys, certificates and what callers without a credential may do."),
    Setting(
      .allowedOrigins, \.access.allowedOrigins,
      "Origins of web pages that may use the bridge, such as https://app.example; * is every one."),
    Setting(
      .cookie, \.access.acceptsCookie,
      "Whether a token in the cookie __Host-bridge counts."),
    Setting(
      .trustedProxies, \.access.trustedProxies,
      "Addresses and ranges of proxies whose word on the client's address counts."),
    Setting(
      .proxyHeader, \.access.proxyHeader, "The header in which these proxies name the client."),
    Setting(
      .publishRate, \.access.publishRate,
      "How fast one caller may publish, when callers are known; more is answered 429."),
    Setting(
      .publishBurst, \.access.publishBurst, in: 1...1_000_000_000,
      "How many messages one caller may publish at once."),
    Setting(
      .streamsPerCaller, \.access.streamsPerCaller, in: 1...1_000_000,
      "Event streams of one caller, when callers are known; more are answered 429."),
    Setting(
      .streamsPerAddress, \.access.streamsPerAddress, in: 1...1_000_000,
      "Event streams of one client address, when callers are known; more are answered 429."),
    Setting(
      .ticketKeyFile, \.access.ticketKeyFile, default: "a random key for each start",
      "A file with the secret that tickets are signed with, for restarts and replicas."),
    Setting(
      .ticketTime, \.access.ticketTime, in: .seconds(1) ... .seconds(3600),
      "How soon a ticket must be used when its request does not say."),
    Setting(
      .ticketLifetime, \.access.ticketLifetime, in: .seconds(1) ... .seconds(2_592_000),
      "How long a ticket is good when the credential that got it has no end."),
  ]
}
