import DequeModule

/// The frames that wait for one stream alone, each with its place among the group's frames.
struct PrivateFrames {
  enum Content {
    case frame(Frame)
    /// In place of this many frames that the stream will not get.
    case gap(missed: Int)
  }

  struct Entry {
    var content: Content
    /// It goes out before the group's frame with this number.
    var before: UInt64
    /// Frames of a replay do not count against the limit of the others.
    var isReplay = false
  }

  private(set) var entries: Deque<Entry> = []
  private(set) var byteCount = 0

  var isEmpty: Bool { entries.isEmpty }

  /// The position of the last frame that has one; nil when none has.
  var lastPosition: Int64? {
    entries.last { $0.position > 0 }?.position
  }

  /// Whether the first of them goes out before the group's frame with this number.
  func isNext(before number: UInt64) -> Bool {
    entries.first.map { $0.before <= number } ?? false
  }

  /// Adds a frame behind the others, or counts it into a gap when there is no room.
  mutating func append(_ frame: Frame, before number: UInt64, bytesMax: Int) {
    guard byteCount + frame.count <= bytesMax else {
      return appendGap(missed: 1, before: number)
    }
    appendAlways(frame, before: number)
  }

  /// Adds a frame that must not get lost.
  mutating func appendAlways(_ frame: Frame, before number: UInt64) {
    entries.append(Entry(content: .frame(frame), before: number))
    byteCount += frame.count
  }

  /// Adds a frame that must not get lost behind those that go out before the same number.
  mutating func insert(_ frame: Frame, before number: UInt64) {
    let index = entries.lastIndex { $0.before <= number }.map { $0 + 1 } ?? 0
    entries.insert(Entry(content: .frame(frame), before: number), at: index)
    byteCount += frame.count
  }

  /// Adds a frame before all others.
  mutating func prepend(_ frame: Frame) {
    entries.prepend(Entry(content: .frame(frame), before: 0))
    byteCount += frame.count
  }

  /// Adds frames in front of the group's frame with this number and of all behind it.
  mutating func replay(_ frames: [Frame], before number: UInt64) {
    let index = entries.lastIndex { $0.before <= number }.map { $0 + 1 } ?? 0
    entries.insert(
      contentsOf: frames.map { Entry(content: .frame($0), before: number, isReplay: true) },
      at: index)
  }

  /// The stream will not get the group's frames from `number` on, so what has a position and
  /// stands behind them must not go out either.
  mutating func removePositioned(behind number: UInt64) {
    for index in entries.indices.reversed()
    where entries[index].before > number && entries[index].position > 0 {
      remove(at: index)
    }
  }

  /// The stream has lost the group's frames from `number` on.
  mutating func insertGap(missed: Int, at number: UInt64) {
    let index = entries.firstIndex { $0.before > number } ?? entries.count
    entries.insert(Entry(content: .gap(missed: missed), before: number), at: index)
  }

  /// Replaces a gap by the frame that tells of it.
  mutating func fill(_ index: Int, with frame: Frame) {
    entries[index].content = .frame(frame)
    byteCount += frame.count
  }

  mutating func remove(at index: Int) {
    let entry = entries.remove(at: index)
    if case .frame(let frame) = entry.content, !entry.isReplay { byteCount -= frame.count }
  }

  mutating func removeFirst() { remove(at: 0) }

  /// Takes over frames of the group, each to go out at its place among the others.
  mutating func takeOver(_ frames: [(number: UInt64, frame: Frame)]) {
    var merged: Deque<Entry> = []
    var rest = entries[...]
    for (number, frame) in frames {
      while let first = rest.first, first.before <= number {
        merged.append(first)
        rest.removeFirst()
      }
      merged.append(Entry(content: .frame(frame), before: number))
      byteCount += frame.count
    }
    merged += rest
    entries = merged
  }

  /// The stream has another group now, whose frames all come later.
  mutating func moveBefore(_ number: UInt64) {
    for index in entries.indices { entries[index].before = number }
  }

  private mutating func appendGap(missed: Int, before number: UInt64) {
    if let last = entries.last, case .gap(let more) = last.content {
      entries[entries.count - 1] = Entry(content: .gap(missed: more + missed), before: number)
    } else {
      entries.append(Entry(content: .gap(missed: missed), before: number))
    }
  }
}

extension PrivateFrames.Entry {
  var position: Int64 {
    switch content {
    case .frame(let frame): frame.position
    case .gap: 0
    }
  }
}
