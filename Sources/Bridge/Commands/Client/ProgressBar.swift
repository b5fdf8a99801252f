import EventLoop

/// How far long work has come, on one line of the terminal; nothing where there is none.
struct ProgressBar {
  private static let width = 24

  private let isShown: Bool
  private let interval = Duration.milliseconds(100)
  private var shownAt: Duration?

  init(isShown: Bool = StandardError.isTerminal) { self.isShown = isShown }

  /// Shows a share between 0 and 1, or only the words when that is not known.
  mutating func show(_ share: Double?, _ words: @autoclosure () -> String) {
    let now = MonotonicClock.now()
    guard isShown, shownAt.map({ now - $0 >= interval }) ?? true else { return }
    shownAt = now
    StandardError.write("\r\u{1B}[K" + Self.line(share, words()))
  }

  static func line(_ share: Double?, _ words: String) -> String {
    guard let share else { return words }
    let done = min(max(share, 0), 1)
    let full = Int(done * Double(width))
    let bar = String(repeating: "█", count: full) + String(repeating: "░", count: width - full)
    return "\(bar) \(Int(done * 100)) %  \(words)"
  }

  /// Takes the line away.
  mutating func end() {
    guard shownAt != nil else { return }
    shownAt = nil
    StandardError.write("\r\u{1B}[K")
  }
}
