/// Which of the oldest events go, in steps that are small and yet faster than new events come.
struct EventPruning {
  /// What one transaction removes at least, in counted bytes, when so much is due.
  private static let bytesPerStep = 64 << 10
  private static let bytesPerIdleStep = 2 << 20

  private let ageMilliseconds: Int64
  private let bytesMax: Int

  init(age: Duration, bytes: Int) {
    ageMilliseconds = Int64(min(max(0, age / .milliseconds(1)), 1e15))
    bytesMax = max(0, bytes)
  }

  /// The step of one transaction that adds so many bytes to the log, which then holds `held`.
  func step(
    holding held: Int, adding added: Int, at time: Int64, isIdle: Bool, _ holds: EventHolds
  ) -> Step {
    Step(
      surplus: held - bytesMax, time: time, ageMilliseconds: ageMilliseconds, holds: holds,
      // By bytes and not by rows: a few large events can take the place of many small ones.
      bytesMax: isIdle ? Self.bytesPerIdleStep : Self.bytesPerStep + 2 * added)
  }

  /// Takes events from the oldest one on for as long as they are due and the step is not full.
  struct Step {
    fileprivate let surplus: Int
    fileprivate let time: Int64
    fileprivate let ageMilliseconds: Int64
    fileprivate let holds: EventHolds
    fileprivate let bytesMax: Int

    private(set) var count = 0
    private(set) var bytes = 0
    /// The last event that goes.
    private(set) var last: Int64?
    private var holdAges: HoldAges?

    fileprivate init(
      surplus: Int, time: Int64, ageMilliseconds: Int64, holds: EventHolds, bytesMax: Int
    ) {
      self.surplus = surplus
      self.time = time
      self.ageMilliseconds = ageMilliseconds
      self.holds = holds
      self.bytesMax = bytesMax
    }

    /// Whether the next event goes too.
    mutating func takes(_ event: EventSummary) -> Bool {
      guard bytes < bytesMax, bytes < surplus || isTooOld(event) else { return false }
      count += 1
      bytes += event.countedBytes
      last = event.sequence
      return true
    }

    private mutating func isTooOld(_ event: EventSummary) -> Bool {
      // Neither may be so large that the difference overflows.
      let age = time - min(max(event.time, 0), time)
      guard age > ageMilliseconds else { return false }
      if holdAges == nil { holdAges = holds.ages }
      return age > holdAges?.age(of: event.sequence) ?? 0
    }
  }
}
