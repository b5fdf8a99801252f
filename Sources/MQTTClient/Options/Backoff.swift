/// How long the client waits between two attempts to reach the broker.
///
/// Values that make no sense, such as negative ones, count as the nearest that do; a wait is never
/// shorter than a millisecond, nor longer than a day and its jitter.
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
  /// The longest wait after a shorter link that got work done.
  ///
  /// So a broker that ends every connection after some seconds is not left for `maximum` each time,
  /// and two clients that throw each other out do so slowly.
  public var maximumAfterProgress: Duration

  /// Makes a back-off; the defaults suit a server on the same network as its broker.
  public init(
    initial: Duration = .milliseconds(200), factor: Double = 2, maximum: Duration = .seconds(30),
    jitter: Double = 0.25, resetAfter: Duration = .seconds(10),
    maximumAfterProgress: Duration = .seconds(5)
  ) {
    self.initial = initial
    self.factor = factor
    self.maximum = maximum
    self.jitter = jitter
    self.resetAfter = resetAfter
    self.maximumAfterProgress = maximumAfterProgress
  }
}
