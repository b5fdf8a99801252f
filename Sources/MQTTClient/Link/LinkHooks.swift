import EventLoop

/// The questions of a session that the application may take its time for.
///
/// Each runs in a task of its own and brings its answer back by mailbox, with the number of the
/// question, so that an answer to an earlier one does nothing. The tasks have a thread for
/// themselves: a program that blocks the shared ones must not thereby lose its connection.
final class LinkHooks {
  private let authenticator: (any Authenticator)?
  private let redirectHandler: RedirectPolicy.Handler?
  private let control: Mailbox<LinkControl>
  /// Started by the first question; nil, which stands for the shared threads, if that failed.
  private lazy var executor = try? ThreadExecutor(name: "mqtt-hooks")
  private var exchange: (any AuthenticationExchange)?
  private var authenticating: Task<Void, Never>?
  private var deciding: Task<Void, Never>?

  init(_ options: SessionOptions, _ control: Mailbox<LinkControl>) {
    authenticator = options.authenticator
    redirectHandler =
      if case .ask(let handler) = options.redirect.rule { handler } else { nil }
    self.control = control
  }

  func authenticate(_ request: AuthenticationRequest) {
    guard let authenticator else { return }
    switch request.step {
    case .begin(let purpose):
      let exchange = authenticator.makeExchange(for: purpose)
      self.exchange = exchange
      run(request) { AuthenticationMessage(try await exchange.start()) }
    case .answerBroker(let challenge):
      let exchange = authenticator.makeExchange(for: .requestOfBroker)
      self.exchange = exchange
      run(request) { try await exchange.respond(to: challenge) }
    case .respond(let challenge):
      guard let exchange else { return }
      run(request) { try await exchange.respond(to: challenge) }
    case .finish(let last):
      guard let exchange else { return }
      run(request) {
        try await exchange.finish(last)
        return AuthenticationMessage()
      }
    }
  }

  private func run(
    _ request: AuthenticationRequest,
    _ step: @escaping @Sendable () async throws -> AuthenticationMessage
  ) {
    authenticating?.cancel()
    authenticating = Task(executorPreference: executor) { [control] in
      let answer: AuthenticationAnswer
      do {
        answer = .success(try await step())
      } catch {
        answer = .failure(error as? AuthenticationFailure ?? .authenticator("\(error)"))
      }
      control.sendReserved(.authenticated(number: request.number, answer))
    }
  }

  /// Cancels what runs, and lets the exchange know.
  func endAuthentication(_ failure: AuthenticationFailure) {
    authenticating?.cancel()
    authenticating = nil
    guard let exchange = exchange.take() else { return }
    Task(executorPreference: executor) { await exchange.failed(failure) }
  }

  func askRedirect(_ number: UInt64, _ request: RedirectRequest) {
    guard let redirectHandler else { return }
    deciding?.cancel()
    deciding = Task(executorPreference: executor) { [control] in
      let decision = await redirectHandler(request)
      control.sendReserved(.redirectDecided(number: number, decision))
    }
  }

  /// Nobody waits for answers any more.
  func cancel() {
    authenticating?.cancel()
    deciding?.cancel()
  }
}
