import Access
import EventLoop
import MQTTClient

/// Who may do what, as one reading of the configuration has it.
///
/// What is known of credentials lies in several gates, each under a lock of its own, so that threads
/// seldom wait for each other. A credential always goes to the same gate, which remembers the verdict.
final class AccessDeskRules: Sendable {
  private final class Part: Sendable {
    let gate: Locked<Gate>
    init(_ gate: Gate) { self.gate = Locked(gate) }
  }

  let configuration: AccessConfiguration
  let cors: CORSPolicy
  /// Whether pages of other origins may ask anything.
  let hasOrigins: Bool
  let cookies: CookieGuard
  let proxies: ProxyChain
  private let parts: [Part]

  init(_ rules: AccessRules, threads: Int) throws {
    configuration = rules.configuration
    cors = CORSPolicy(configuration.allowedOrigins)
    hasOrigins = !configuration.allowedOrigins.isEmpty
    cookies = CookieGuard(cors)
    proxies = ProxyChain(
      trusted: configuration.trustedProxies.compactMap { AddressRange($0) },
      header: configuration.proxyHeader)
    guard !rules.isOpen else {
      parts = []
      return
    }
    let pepper = try Cryptography.randomBytes(32)
    let decoy = try PasswordHash.make(
      Base64.encode(pepper), salt: try Cryptography.randomBytes(PasswordHash.saltBytes))
    let gate = try Gate(configuration, rules.ring, pepper: pepper, decoy: decoy)
    parts = (0..<max(1, threads)).map { _ in Part(gate) }
  }

  /// Asks the gate that a credential goes to; only where callers are asked who they are.
  func withGate<Result: Sendable>(
    for credential: Credential?, _ body: (inout Gate) -> Result
  ) -> Result {
    let index = Int(UInt(bitPattern: credential.hashValue) % UInt(parts.count))
    return parts[index].gate.withLock { body(&$0) }
  }
}
