import DequeModule

/// Streams that are sent the same frames, and which frames of the log those are.
///
/// Frames of a group are counted from zero for as long as it exists; a stream's cursor is such a
/// count.
final class StreamGroup {
  let id: GroupID
  /// In no particular order; a stream knows its index.
  private(set) var members: [EventStream] = []
  private var positions: Deque<UInt64> = []
  /// The number of the first frame that is not forgotten.
  private(set) var first: UInt64 = 0
  /// Up to where the members that can write have written.
  var flushed: UInt64 = 0
  /// The way round the members that is under way.
  var sweep: Sweep?
  /// The frame before which that way and the next ones end.
  var goal: UInt64?
  /// How many members cannot write now; while there are any, frames are kept for them.
  var laggingCount = 0
  var isDue = false

  init(id: GroupID) { self.id = id }

  /// The number the next frame will have.
  var end: UInt64 { first + UInt64(positions.count) }

  func insert(_ stream: EventStream) {
    stream.group = self
    stream.memberIndex = members.count
    members.append(stream)
    if stream.isLagging { laggingCount += 1 }
  }

  func remove(_ stream: EventStream) {
    if stream.isLagging { laggingCount -= 1 }
    let last = members.removeLast()
    if last !== stream {
      members[stream.memberIndex] = last
      last.memberIndex = stream.memberIndex
    }
    stream.group = nil
    // Who was moved has been visited, unless nobody has.
    if let left = sweep?.left { sweep?.left = min(left, members.count) }
  }

  /// Adds the log's frame at `position`; false when it is the last one already.
  func append(_ position: UInt64) -> Bool {
    guard positions.last != position else { return false }
    positions.append(position)
    return true
  }

  /// Where in the log the frame with this number is.
  func position(of number: UInt64) -> UInt64? {
    guard number >= first, number < end else { return nil }
    return positions[Int(number - first)]
  }

  /// Forgets the frames that the log has lost.
  func forgetEvicted(_ log: borrowing FrameLog) {
    while let position = positions.first, position < log.oldest {
      positions.removeFirst()
      first += 1
    }
  }

  /// Forgets the frames before a number, which every member has written.
  func forget(before number: UInt64, _ log: inout FrameLog) {
    while first < number, let position = positions.popFirst() {
      log.release(position)
      first += 1
    }
  }
}

/// A way round the members of a group, which may take several turns of the loop.
///
/// It goes from the last member to the first, so that one who takes the place of another that left has
/// been visited, and those who join meanwhile stand behind it.
struct Sweep {
  /// How many members have not been visited yet; they are the first ones.
  var left: Int
  /// Up to here each visited member has everything, if it can write.
  let end: UInt64
}
