import Access
import EventLoop
import HTTPFront
import MQTTClient
import Synchronization

/// Decides for each request who sends it; called on every http thread.
///
/// A reload exchanges the rules as a whole; a request goes by those that it began with.
final class AccessDesk: Sendable {
  enum Verdict: Sendable {
    case pass(Pass)
    case refused(Problem)
    /// Run it where waiting harms nobody, and give `learned` what it finds.
    case check(PasswordCheck)
  }

  /// Whether nobody is asked who they are, and everything is allowed; no reload changes that.
  let isOpen: Bool
  private let threads: Int
  private let rules: Locked<AccessDeskRules>
  /// What the rules are made of: keys of the configuration, and those that were fetched.
  private let sources: Locked<(configured: AccessRules, fetched: [VerificationKey])>
  private let isWaitingForKeys: Atomic<Bool>
  private let unknownKeySeen = Locked<(@Sendable () -> Void)?>(nil)
  private let tickets: Locked<Tickets>
  private let rates = Locked(RateTable())

  init(_ rules: AccessRules, threads: Int) throws(StartFailure) {
    isOpen = rules.isOpen
    self.threads = threads
    do {
      let configured = rules.configuration.ticketKey
      let key = try configured ?? Cryptography.randomBytes(Tickets.keyBytesMinimum)
      tickets = Locked(Tickets(key: key, run: try Cryptography.randomBytes(16)))
      self.rules = Locked(try AccessDeskRules(rules, threads: threads))
      sources = Locked((rules, []))
      isWaitingForKeys = Atomic(rules.configuration.keySetURL != nil)
    } catch {
      throw .access("\(error)")
    }
  }

  /// Whether the page that asks for a WebSocket may have one.
  func checkWebSocket(origin: String?, _ caller: Caller) -> Decision {
    current.cookies.checkWebSocket(origin: origin, method: caller.method)
  }

  var configuration: AccessConfiguration { current.configuration }
  var cors: CORSPolicy { current.cors }
  var hasOrigins: Bool { current.hasOrigins }
  private var current: AccessDeskRules { rules.withLock { $0 } }

  /// Takes over keys, callers and grants that were read again; false when that needs a restart.
  ///
  /// Streams stay open: what a caller may do is asked when a stream begins.
  func adopt(_ fresh: AccessRules) -> Bool {
    guard fresh.isOpen == isOpen else { return false }
    return make { $0.configured = fresh }
  }

  /// Takes over the keys of a set that was fetched.
  func adopt(fetched keys: [VerificationKey]) {
    guard make({ $0.fetched = keys }) else { return }
    isWaitingForKeys.store(false, ordering: .releasing)
  }

  /// Whether no key set has come yet, so that no token of it is good.
  var hasNoKeySet: Bool { isWaitingForKeys.load(ordering: .acquiring) }

  /// Who is to hear of tokens that name an unknown key.
  func onUnknownKey(_ action: (@Sendable () -> Void)?) { unknownKeySeen.withLock { $0 = action } }

  private func make(
    _ change: (inout (configured: AccessRules, fetched: [VerificationKey])) -> Void
  ) -> Bool {
    // One at a time, so that the newest sources are those in use.
    sources.withLock { sources in
      var fresh = sources
      change(&fresh)
      var all = fresh.configured
      all.ring = KeyRing(all.ring.keys + fresh.fetched)
      guard let made = try? AccessDeskRules(all, threads: threads) else { return false }
      sources = fresh
      rules.withLock { $0 = made }
      return true
    }
  }

  /// Who sends a request with this head; a ticket counts where streams begin.
  func admit(_ head: RequestHead, takesTicket: Bool) -> Verdict {
    guard !isOpen else { return .pass(Pass(.open, self)) }
    let credential: Credential?
    do throws(Refusal) { credential = try Self.credential(head) } catch {
      return .refused(problem(error))
    }
    let now = Self.now
    let answer = current.withGate(for: credential) {
      $0.admit(credential, certificate: head.clientCertificate?.commonName, at: now)
    }
    return verdict(answer, head, takesTicket: takesTicket)
  }

  /// A password was checked.
  func learned(
    _ result: PasswordCheck.Verdict, for head: RequestHead, takesTicket: Bool
  ) -> Verdict {
    guard let credential = try? Self.credential(head) else {
      return .refused(problem(Refusal(.tokenInvalid, "user or password is wrong")))
    }
    let now = Self.now
    let answer = current.withGate(for: credential) { $0.learned(result, at: now) }
    return verdict(answer, head, takesTicket: takesTicket)
  }

  private func verdict(
    _ answer: Gate.Answer, _ head: RequestHead, takesTicket: Bool
  ) -> Verdict {
    switch answer {
    case .caller(let caller):
      // What a browser adds by itself may not have been meant by its user.
      if caller.method == .cookie || caller.method == .certificate {
        let isSafe = head.method == "GET" || head.method == "HEAD"
        let origin = head.headers["Origin"]
        let decision =
          caller.method == .cookie
          ? current.cookies.check(isSafe: isSafe, origin: origin)
          : current.cookies.checkCertificate(isSafe: isSafe, origin: origin)
        if case .refused(let refusal) = decision { return .refused(problem(refusal)) }
      }
      return .pass(Pass(caller, self))
    case .refused(let refusal): return .refused(problem(refusal))
    case .unknownKey(let refusal):
      unknownKeySeen.withLock { $0 }?()
      return .refused(problem(refusal))
    case .check(let check): return .check(check)
    case .ticket(let text):
      guard takesTicket else {
        return .refused(problem(Refusal(.tokenInvalid, "a ticket is for reading streams only")))
      }
      let now = Self.now.wall
      do throws(Refusal) {
        let accepted = try tickets.withLock { (tickets) throws(Refusal) in
          try tickets.accept(text, at: now)
        }
        return .pass(Pass(accepted.caller, self))
      } catch {
        return .refused(problem(error))
      }
    }
  }

  /// From when on the credential of a caller is not taken any more, in seconds since 1970; nil is never.
  func end(of caller: Caller) -> Int64? {
    let usesLeeway = caller.method == .bearer || caller.method == .cookie
    return caller.expiry.map { $0 + (usesLeeway ? configuration.tokens.leeway : 0) }
  }

  /// Makes a ticket for a part of what the caller may subscribe to.
  func issueTicket(
    to caller: Caller, topics: [TopicFilter], seconds: Int64
  ) throws(Problem) -> Tickets.Issued {
    let now = Self.now.wall
    do {
      let id = try Cryptography.randomBytes(16)
      let lifetime = configuration.ticketLifetime
      return try tickets.withLock { (tickets) throws(Refusal) in
        try tickets.issue(
          to: caller, topics: topics, seconds: seconds, lifetime: lifetime, at: now, id: id)
      }
    } catch let refusal as Refusal {
      throw problem(refusal, caller)
    } catch {
      throw Problem(.internal, detail: "\(error)")
    }
  }

  /// Takes messages out of what the caller may publish; the headers say what is left.
  func take(_ count: Int, for caller: Caller) throws(Problem) -> HeaderFields {
    guard !isOpen else { return HeaderFields() }
    let limit: RateTable.Limit
    if let own = caller.grants.rate {
      limit = RateTable.Limit(own)
    } else if let usual = configuration.publishRate {
      limit = RateTable.Limit(usual, burst: configuration.publishBurst)
    } else {
      return HeaderFields()
    }
    let now = MonotonicClock.now()
    let answer = rates.withLock { $0.take(count, for: caller.account, limit, at: now) }
    let headers: HeaderFields = ["RateLimit-Policy": answer.policy, "RateLimit": answer.state]
    guard let refusal = answer.refusal else { return headers }
    var refused = problem(refusal)
    refused.headers = headers
    refused.headers.set("Retry-After", String(answer.retryAfter ?? 1))
    throw refused
  }

  /// The address of the client behind the proxies that are trusted.
  func clientAddress(of head: RequestHead) -> IPAddress? {
    guard let peer = IPAddress(head.clientAddress) else { return nil }
    let proxies = current.proxies
    return proxies.client(peer: peer, values: head.headers.values(proxies.header.rawValue))
  }

  /// Whether a connection comes from a proxy whose word counts.
  func isTrusted(_ peer: String) -> Bool {
    let proxies = current.proxies
    return !proxies.trusted.isEmpty && IPAddress(peer).map { proxies.isTrusted($0) } ?? false
  }

  /// What a refused request is told; a caller without a credential is asked for one.
  func problem(_ refusal: Refusal, _ caller: Caller? = nil) -> Problem {
    var refusal = refusal
    if caller?.method == .anonymous, refusal.code.status == 403, refusal.code != .originForbidden {
      refusal = Refusal(
        .tokenMissing, refusal.detail, hint: "send a token, a password or an API key")
    }
    var problem = Problem(
      ProblemCode(refusal.code), detail: refusal.detail, hint: refusal.hint)
    if refusal.code.status == 401 || refusal.code.status == 403 {
      let offersBasic = !configuration.users.isEmpty
      problem.headers.set(
        "WWW-Authenticate", Challenge.value(for: refusal, offersBasic: offersBasic))
    }
    return problem
  }

  private static func credential(_ head: RequestHead) throws(Refusal) -> Credential? {
    let tickets = head.query.all("ticket").map { (try? $0.value()) ?? "" }
    let isWebSocket = head.headers["Upgrade"]?.lowercased() == "websocket"
    return try CredentialReader(
      header: { head.headers.values($0) }, tickets: tickets, isWebSocket: isWebSocket
    ).read()
  }

  static var now: Gate.Instant {
    Gate.Instant(wall: WallClock.milliseconds() / 1000, steady: MonotonicClock.now())
  }
}

extension Caller {
  /// Whoever it is, where nobody is asked.
  static let open = Caller(
    subject: "", account: "", method: .anonymous, grants: .everything)
}

extension ProblemCode {
  init(_ code: Refusal.Code) {
    self =
      switch code {
      case .tokenMissing: .tokenMissing
      case .tokenInvalid: .tokenInvalid
      case .tokenExpired: .tokenExpired
      case .topicForbidden: .topicForbidden
      case .filterForbidden: .filterForbidden
      case .qosForbidden: .qosForbidden
      case .retainForbidden: .retainForbidden
      case .requestForbidden: .requestForbidden
      case .historyForbidden: .historyForbidden
      case .adminForbidden: .adminForbidden
      case .originForbidden: .originForbidden
      case .rateLimited: .rateLimited
      case .tooManyConnections: .tooManyConnections
      }
  }
}
