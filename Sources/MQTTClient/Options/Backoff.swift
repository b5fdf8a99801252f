/// How long the session waits between two attempts to reach the broker.
public struct Backoff: Equatable, Sendable {
  /// The wait after the first failure.
  public var initial: Duration
  /// Each further failure multiplies the wait by this.
  public var factor: Double
  /// The longest wait; also the wait after a refusal that a quick retry cannot change.
  public var maximum: Duration
  /// The largest random share that is added or taken away; 0.25 means a quarter either way.
  public var jitter: Double
  /// A link that was up for this long starts the next failure at `initial` again.
  public var resetAfter: Duration

  public init(
    initial: Duration = .milliseconds(200), factor: Double = 2, maximum: Duration = .seconds(30),
    jitter: Double = 0.25, resetAfter: Duration = .seconds(10)
  ) {
    self.initial = initial
    self.factor = factor
    self.maximum = maximum
    self.jitter = jitter
    self.resetAfter = resetAfter
  }
}
