/// What the driver must ask of the authenticator.
package struct AuthenticationRequest: Equatable, Sendable {
  package enum Step: Equatable, Sendable {
    /// Make an exchange, in place of any earlier one, and start it.
    case begin(AuthenticationPurpose)
    /// Make an exchange, in place of any earlier one, and give it this first challenge.
    case answerBroker(AuthenticationMessage)
    case respond(AuthenticationMessage)
    case finish(AuthenticationMessage)
  }

  /// The answer must carry the same number.
  package let number: UInt64
  package let step: Step
}

/// What the authenticator answered; `start` and `respond` give the next message for the broker.
package typealias AuthenticationAnswer = Result<AuthenticationMessage, AuthenticationFailure>

/// The exchange of enhanced authentication that is going on, if one is. [MQTT 5.0, 4.12]
///
///     none ──begin──▶ asked ──answer──▶ sent ──challenge──▶ asked
///                     sent ──CONNACK or AUTH that says success──▶ checking ──answer──▶ none
///                     any ──end──▶ none
///
/// While `asked` or `checking`, the authenticator has the word, and one request to it is unanswered.
/// An answer to an earlier request, of an exchange that has ended meanwhile, changes nothing.
struct AuthExchange: ~Copyable {
  enum Stage: Equatable {
    case none
    case asked(isFirst: Bool)
    case sent
    case checking
  }

  /// What is to be done about an answer.
  enum Progress: Equatable {
    /// Too late.
    case none
    /// Put the message into CONNECT, or into the AUTH that begins.
    case sendFirst(AuthenticationPurpose, AuthenticationMessage)
    case sendNext(AuthenticationMessage)
    case finished(AuthenticationPurpose)
    case failed(AuthenticationFailure)
  }

  private(set) var stage = Stage.none
  private var purpose = AuthenticationPurpose.connection
  private(set) var deadline: Duration?
  /// Who wanted the re-authentication.
  private var key: UInt64?
  private var lastNumber: UInt64 = 0

  var isRunning: Bool { stage != .none }

  /// Whether the broker knows of the exchange.
  var wasSent: Bool { isRunning && stage != .asked(isFirst: true) }

  mutating func begin(
    _ purpose: AuthenticationPurpose, key: UInt64? = nil, until deadline: Duration,
    _ actions: inout [SessionAction]
  ) {
    self.purpose = purpose
    self.key = key
    self.deadline = deadline
    stage = .asked(isFirst: true)
    actions.append(.authentication(.started(purpose)))
    ask(.begin(purpose), &actions)
  }

  /// The broker begins, which only works in the middle: its challenge takes the place of `start`.
  mutating func beginAnswering(
    _ message: AuthenticationMessage, until deadline: Duration, _ actions: inout [SessionAction]
  ) {
    purpose = .requestOfBroker
    key = nil
    self.deadline = deadline
    stage = .asked(isFirst: false)
    actions.append(.authentication(.started(purpose)))
    ask(.answerBroker(message), &actions)
  }

  /// A challenge; a broker that does not wait for our answer breaks the protocol.
  mutating func challenged(
    _ message: AuthenticationMessage, _ actions: inout [SessionAction]
  ) throws(ProtocolViolation) {
    guard stage == .sent else { throw ProtocolViolation(.protocolError) }
    stage = .asked(isFirst: false)
    actions.append(.authentication(.challenged))
    ask(.respond(message), &actions)
  }

  /// The broker is content; the authenticator may not be.
  mutating func succeeded(
    _ message: AuthenticationMessage, _ actions: inout [SessionAction]
  ) throws(ProtocolViolation) {
    guard stage == .sent else { throw ProtocolViolation(.protocolError) }
    stage = .checking
    ask(.finish(message), &actions)
  }

  private mutating func ask(
    _ step: AuthenticationRequest.Step, _ actions: inout [SessionAction]
  ) {
    lastNumber += 1
    actions.append(.authenticate(AuthenticationRequest(number: lastNumber, step: step)))
  }

  mutating func answered(
    _ number: UInt64, _ answer: AuthenticationAnswer, _ actions: inout [SessionAction]
  ) -> Progress {
    guard number == lastNumber, stage != .none, stage != .sent else { return .none }
    switch answer {
    case .failure(let failure): return .failed(failure)
    case .success(let message):
      let isFirst = stage == .asked(isFirst: true)
      if stage == .checking {
        actions.append(.authentication(.succeeded(purpose)))
        if let key { actions.append(.reauthenticated(key, .succeeded)) }
        reset()
        return .finished(purpose)
      }
      stage = .sent
      return isFirst ? .sendFirst(purpose, message) : .sendNext(message)
    }
  }

  /// Ends the exchange, if there is one, without success.
  mutating func end(_ failure: AuthenticationFailure, _ actions: inout [SessionAction]) {
    guard isRunning else { return }
    actions.append(.endAuthentication(failure))
    actions.append(.authentication(.failed(purpose, failure)))
    if let key { actions.append(.reauthenticated(key, .failed(failure))) }
    reset()
  }

  private mutating func reset() {
    stage = .none
    deadline = nil
    key = nil
    // An answer that is still on its way comes too late now.
    lastNumber += 1
  }
}
