import Access
import EventLoop
import HTTPClient

/// Fetches the key set of `jwks_url` when `KeyRefresh` wants it, on a thread of its own.
///
/// Until the first set is there no token is good, and the bridge is not ready; after that the old keys
/// stay in use while a fetch fails.
final class KeySetFetcher: Sendable {
  private enum Message: Sendable {
    case unknownKey
    case configured(AccessConfiguration)
    case read(Result<KeyRing, KeySource.Invalid>, document: [UInt8], age: Duration?)
    case stop
  }

  /// What one fetch came to, for the operator.
  enum Report: Sendable {
    case fetched(keys: Int)
    case failed(String)
  }

  private let mailbox: Mailbox<Message>
  private let thread: LoopThread

  /// `use` takes the keys of a set that differs from the last one; on the thread of the fetcher.
  init(
    _ configuration: AccessConfiguration, use: @escaping @Sendable ([VerificationKey]) -> Void,
    report: @escaping @Sendable (Report) -> Void
  ) throws(SystemError) {
    let mailbox = try Mailbox<Message>(capacity: 64)
    self.mailbox = mailbox
    thread = try LoopThread(name: "keys") {
      guard let sender = try? HTTPSender() else { return report(.failed("libcurl is unusable")) }
      Rounds(mailbox, configuration, sender, use: use, report: report).run()
    }
  }

  /// A token names a key that is not known; from any thread, as often as it happens.
  func sawUnknownKey() { _ = mailbox.send(.unknownKey) }

  /// The configuration was read again: so is the key set, at once.
  func configure(_ configuration: AccessConfiguration) {
    mailbox.sendReserved(.configured(configuration))
  }

  func stop() {
    mailbox.sendReserved(.stop)
    thread.join()
  }

  /// The whole life of the thread.
  private final class Rounds {
    private let mailbox: Mailbox<Message>
    private let sender: HTTPSender
    private let use: @Sendable ([VerificationKey]) -> Void
    private let report: @Sendable (Report) -> Void
    private var configuration: AccessConfiguration
    private var refresh: KeyRefresh
    private var lastNumber: UInt64 = 0
    private var current: [UInt8]?
    private var isStopped = false

    init(
      _ mailbox: Mailbox<Message>, _ configuration: AccessConfiguration, _ sender: HTTPSender,
      use: @escaping @Sendable ([VerificationKey]) -> Void,
      report: @escaping @Sendable (Report) -> Void
    ) {
      self.mailbox = mailbox
      self.configuration = configuration
      self.sender = sender
      self.use = use
      self.report = report
      refresh = KeyRefresh(configuration.refresh, at: MonotonicClock.now())
    }

    func run() {
      var messages: [Message] = []
      while mailbox.receive(into: &messages) {
        for message in messages { handle(message) }
        messages.removeAll(keepingCapacity: true)
        if isStopped { return }
        var actions: [KeyRefresh.Action] = []
        if configuration.keySetURL != nil {
          refresh.timerFired(at: MonotonicClock.now(), &actions)
        }
        run(actions)
        turn()
      }
    }

    private func handle(_ message: Message) {
      switch message {
      case .unknownKey:
        guard configuration.keySetURL != nil else { return }
        var actions: [KeyRefresh.Action] = []
        refresh.sawUnknownKey(at: MonotonicClock.now(), &actions)
        run(actions)
      case .configured(let fresh):
        // An answer that is still to come may be one of another place.
        lastNumber += 1
        if fresh.keySetURL != configuration.keySetURL {
          current = nil
          use([])
        }
        configuration = fresh
        refresh = KeyRefresh(configuration.refresh, at: MonotonicClock.now())
      case .read(.success(let ring), let document, let age):
        current = document
        use(ring.keys)
        refresh.fetched(age: age, at: MonotonicClock.now())
        report(.fetched(keys: ring.keys.count))
      case .read(.failure(let error), _, _): failed("no key set: \(error)")
      case .stop: isStopped = true
      }
    }

    private func run(_ actions: [KeyRefresh.Action]) {
      guard !actions.isEmpty, let url = configuration.keySetURL else { return }
      lastNumber += 1
      var terms = RequestTerms()
      terms.authorities = configuration.keySetAuthorities
      terms.keptBytes = KeySetDocument.bytesMaximum
      sender.send(
        OutgoingRequest(
          method: "GET", url: url,
          fields: [.init("Accept", "application/jwk-set+json, application/json")],
          body: [], terms: terms), id: lastNumber)
    }

    private func turn() {
      let deadline = configuration.keySetURL == nil ? nil : refresh.nextDeadline
      var ended: [(UInt64, RequestOutcome)] = []
      sender.turn(
        waitingFor: mailbox.descriptor, atMost: deadline.map { $0 - MonotonicClock.now() }
      ) { ended.append(($0, $1)) }
      for (number, outcome) in ended where number == lastNumber { self.ended(outcome) }
    }

    private func ended(_ outcome: RequestOutcome) {
      switch outcome {
      case .failed(let reason): failed(reason)
      case .answered(let answer):
        guard answer.status == 200 else { return failed("answered with status \(answer.status)") }
        let document = answer.beginning
        guard document != current else {
          return refresh.fetched(age: answer.maxAge, at: MonotonicClock.now())
        }
        read(document, age: answer.maxAge)
      }
    }

    /// Reads keys, which JWTKit does in tasks.
    private func read(_ document: [UInt8], age: Duration?) {
      let mailbox = mailbox
      Task.detached {
        do throws(KeySource.Invalid) {
          let ring = try await KeyRing.load([.fetched(document)])
          mailbox.sendReserved(.read(.success(ring), document: document, age: age))
        } catch {
          mailbox.sendReserved(.read(.failure(error), document: document, age: age))
        }
      }
    }

    private func failed(_ reason: String) {
      refresh.failed(at: MonotonicClock.now())
      report(.failed(reason))
    }
  }
}
