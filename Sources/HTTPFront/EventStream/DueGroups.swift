import DequeModule

/// The groups with frames that not all members have been sent, in the order of their turns.
///
/// In a round each of those that are due at its beginning is dealt with once. So what members wait for
/// came in the present round or the one before, and its bytes are known without a look at the groups.
struct DueGroups {
  private var groups: Deque<StreamGroup> = []
  /// How many of them, from the first on, belong to the present round.
  private var leftOfRound = 0
  private var bytesOfRound = 0

  var isEmpty: Bool { groups.isEmpty }
  var first: StreamGroup? { groups.first }

  /// Whether so much waits that the log would lose it before it is sent.
  ///
  /// Then nothing new must be taken: who sends more has to wait, and not the members to lose.
  func isPressing(logBytesMax: Int) -> Bool { bytesOfRound > logBytesMax / 16 }

  mutating func insert(_ group: StreamGroup) {
    guard !group.isDue else { return }
    group.isDue = true
    groups.append(group)
  }

  /// A frame came that takes so many bytes of the log.
  mutating func add(bytes: Int) { bytesOfRound += bytes }

  /// The first group has been dealt with; it comes again if it has got more meanwhile.
  mutating func rotate() {
    guard let group = groups.popFirst() else { return }
    group.isDue = false
    if group.flushed < group.end { insert(group) }
    leftOfRound -= 1
    guard leftOfRound <= 0 else { return }
    leftOfRound = groups.count
    bytesOfRound = 0
  }
}
