import Access
import EventLoop
import FoundationEssentials
import Yams

/// Reads the files that the settings of access name, and makes rules of them.
///
/// No secret and no content of a file is ever repeated in a problem.
struct AccessLoader {
  private let settings: AccessSettings
  private let source: (SettingKey) -> SettingSource
  private(set) var problems: [ConfigurationProblem] = []
  private(set) var rules = AccessRules()

  /// `hasClientIDs`: Whether there are connections of MQTT clients.
  init(
    _ settings: AccessSettings, streamsMaximum: Int, hasClientIDs: Bool = false,
    source: @escaping (SettingKey) -> SettingSource
  ) {
    rules.configuration.hasClientIDs = hasClientIDs
    self.settings = settings
    self.source = source
    rules.configuration.streams.total = streamsMaximum
    read()
  }

  private mutating func read() {
    copyValues()
    readKeys()
    readTicketKey()
    readCallers()
    for problem in rules.configuration.problems { report(problem) }
    guard problems.isEmpty else { return }
    do throws(KeySource.Invalid) {
      rules.ring = try Self.load(rules.configuration.keys)
    } catch {
      let named: [SettingKey] = [.jwtSecret, .jwtSecretFile, .jwtKeyFile, .jwksFile]
      let given = named.filter { source($0) != .builtIn }.map(\.rawValue)
      problems.append(
        ConfigurationProblem(
          place: given.joined(separator: ", "), "a key cannot be used: \(Self.words(error))"))
    }
  }

  private mutating func copyValues() {
    rules.configuration.keySetURL = settings.jwksURL
    rules.configuration.keySetAuthorities = settings.jwksCAFile
    rules.configuration.tokens.issuers = settings.jwtIssuer.map { [$0] } ?? []
    rules.configuration.tokens.audiences = [settings.jwtAudience]
    rules.configuration.tokens.leeway = settings.jwtLeeway.components.seconds
    rules.configuration.allowedOrigins = settings.allowedOrigins.words
    rules.configuration.acceptsCookie = settings.acceptsCookie
    rules.configuration.trustedProxies = settings.trustedProxies.words
    rules.configuration.proxyHeader = settings.proxyHeader
    rules.configuration.streams.perAccount = settings.streamsPerCaller
    rules.configuration.streams.perAddress = settings.streamsPerAddress
    rules.configuration.publishRate = settings.publishRate.rate
    rules.configuration.publishBurst = settings.publishBurst
    rules.configuration.ticketSeconds = settings.ticketTime.components.seconds
    rules.configuration.ticketLifetime = settings.ticketLifetime.components.seconds
  }

  private mutating func readKeys() {
    if let secret = settings.jwtSecret {
      let bytes = Array(secret.value.utf8)
      rules.configuration.keys.append(
        .secret(bytes, id: nil, algorithm: settings.jwtAlgorithm.signature))
    }
    if let bytes = bytes(settings.jwtSecretFile, .jwtSecretFile) {
      rules.configuration.keys.append(
        .secret(Self.withoutNewline(bytes), id: nil, algorithm: settings.jwtAlgorithm.signature))
    }
    if let bytes = bytes(settings.jwtKeyFile, .jwtKeyFile) {
      rules.configuration.keys.append(
        .pem(String(decoding: bytes, as: UTF8.self), id: nil, algorithm: nil))
    }
    if let bytes = bytes(settings.jwksFile, .jwksFile) {
      rules.configuration.keys.append(.document(bytes))
    }
  }

  private mutating func readTicketKey() {
    guard let bytes = bytes(settings.ticketKeyFile, .ticketKeyFile) else { return }
    rules.configuration.ticketKey = Self.withoutNewline(bytes)
  }

  private mutating func readCallers() {
    guard let bytes = bytes(settings.accessFile, .accessFile) else { return }
    let place = source(.accessFile)
    guard let text = String(validating: bytes, as: UTF8.self),
      let json = YAMLText.json(of: text)
    else {
      let message = "the file must be YAML with users, api_keys, certificates and anonymous"
      return problems.append(ConfigurationProblem(place, message))
    }
    do throws(ClaimError) {
      try rules.configuration.readCallers(json)
    } catch {
      problems.append(ConfigurationProblem(place, "\(error.pointer): \(error.reason)"))
    }
  }

  private mutating func report(_ problem: AccessConfiguration.Problem) {
    let name = problem.path.prefix { $0 != "[" && $0 != "." }
    let keys: [String: SettingKey] = [
      "leeway": .jwtLeeway, "allowed_origins": .allowedOrigins,
      "trusted_proxies": .trustedProxies, "publish_burst": .publishBurst,
      "ticket_key": .ticketKeyFile, "ticket_seconds": .ticketTime,
      "ticket_lifetime": .ticketLifetime, "streams": .streams, "jwks_url": .jwksURL,
    ]
    let key = keys[String(name)] ?? .accessFile
    let path = key == .accessFile || problem.path.contains("[") ? "\(problem.path) " : ""
    problems.append(ConfigurationProblem(source(key), path + problem.reason))
  }

  private mutating func bytes(_ path: String?, _ key: SettingKey) -> [UInt8]? {
    guard let path else { return nil }
    guard let data = FileManager.default.contents(atPath: path), !data.isEmpty else {
      let message = "the file \"\(path)\" cannot be read or is empty"
      problems.append(ConfigurationProblem(source(key), message))
      return nil
    }
    return Array(data)
  }

  private static func withoutNewline(_ bytes: [UInt8]) -> [UInt8] {
    var bytes = bytes
    if bytes.last == UInt8(ascii: "\n") { bytes.removeLast() }
    if bytes.last == UInt8(ascii: "\r") { bytes.removeLast() }
    return bytes
  }

  private static func words(_ error: KeySource.Invalid) -> String {
    switch error {
    case .key(let reason): "\(reason)"
    case .document(let reason): "\(reason)"
    }
  }

  /// Loads the keys, which JWTKit does in tasks, and waits for them; only at start.
  private static func load(_ sources: [KeySource]) throws(KeySource.Invalid) -> KeyRing {
    guard !sources.isEmpty,
      let result = try? Mailbox<Result<KeyRing, KeySource.Invalid>>(capacity: 1)
    else { return KeyRing([]) }
    Task.detached {
      do throws(KeySource.Invalid) {
        result.sendReserved(.success(try await KeyRing.load(sources)))
      } catch {
        result.sendReserved(.failure(error))
      }
    }
    result.wait()
    var received: [Result<KeyRing, KeySource.Invalid>] = []
    _ = result.receive(into: &received)
    guard let first = received.first else { return KeyRing([]) }
    return try first.get()
  }
}
