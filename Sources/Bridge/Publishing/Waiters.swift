/// The requests that wait for one message: nearly always one, which then needs no list.
enum Waiters: Sequence, Equatable, Sendable {
  case nobody
  case one(PublishWaiter)
  case several([PublishWaiter])

  struct Iterator: IteratorProtocol {
    fileprivate let waiters: Waiters
    private var position = 0

    fileprivate init(_ waiters: Waiters) { self.waiters = waiters }

    mutating func next() -> PublishWaiter? {
      defer { position += 1 }
      return switch waiters {
      case .nobody: nil
      case .one(let waiter): position == 0 ? waiter : nil
      case .several(let waiters): position < waiters.count ? waiters[position] : nil
      }
    }
  }

  func makeIterator() -> Iterator { Iterator(self) }

  var first: PublishWaiter? {
    for waiter in self { return waiter }
    return nil
  }
}
