/// When a key set that comes from elsewhere is fetched again.
///
///     fresh ──age is over, or unknown key──▶ fetching ──▶ fresh
///                                               └─failed─▶ waiting, longer each time ─▶ fetching
///
/// Old keys stay in use while a fetch fails. A token that names an unknown key makes the set be fetched
/// early, but not more often than `unknownInterval`: anyone can make such tokens.
package struct KeyRefresh: Sendable {
  package struct Options: Equatable, Sendable {
    /// How long a set counts when its server does not say.
    package var age: Duration = .seconds(3600)
    package var ageMinimum: Duration = .seconds(60)
    package var ageMaximum: Duration = .seconds(86_400)
    package var unknownInterval: Duration = .seconds(30)
    package var retryMinimum: Duration = .seconds(5)
    package var retryMaximum: Duration = .seconds(300)

    package init() {}
  }

  package enum Action: Equatable, Sendable { case fetch }

  private let options: Options
  private var isFetching = false
  private var nextFetch: Duration
  private var lastFetch: Duration?
  private var failures = 0

  /// Times count from any beginning that stays the same.
  package init(_ options: Options = Options(), at now: Duration) {
    self.options = options
    nextFetch = now
  }

  /// When to call `timerFired`; nil while a fetch is under way.
  package var nextDeadline: Duration? { isFetching ? nil : nextFetch }

  package mutating func timerFired(at now: Duration, _ actions: inout [Action]) {
    if !isFetching, now >= nextFetch { fetch(at: now, &actions) }
  }

  /// A token names a key that the set does not have.
  package mutating func sawUnknownKey(at now: Duration, _ actions: inout [Action]) {
    guard !isFetching, failures == 0 else { return }
    guard lastFetch.map({ now >= $0 + options.unknownInterval }) ?? true else { return }
    fetch(at: now, &actions)
  }

  /// The new set is in use.
  ///
  /// `age`: How long its server says it counts (`Cache-Control: max-age`).
  package mutating func fetched(age: Duration?, at now: Duration) {
    isFetching = false
    failures = 0
    let age = min(max(age ?? options.age, options.ageMinimum), options.ageMaximum)
    nextFetch = now + age
  }

  /// No answer, or one that is not a key set.
  package mutating func failed(at now: Duration) {
    isFetching = false
    failures = min(failures + 1, 16)
    nextFetch = now + min(options.retryMinimum * (1 << (failures - 1)), options.retryMaximum)
  }

  private mutating func fetch(at now: Duration, _ actions: inout [Action]) {
    isFetching = true
    lastFetch = now
    actions.append(.fetch)
  }
}
