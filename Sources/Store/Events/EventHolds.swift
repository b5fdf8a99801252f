/// Which events the subscriptions still need, and for how long.
struct EventHolds: Equatable {
  private struct Place: Equatable {
    var cursor: Int64
    var holdAge: Int64
  }

  private var places: [String: Place] = [:]

  init(_ subscriptions: [StoredSubscription] = []) {
    for subscription in subscriptions { keep(subscription) }
  }

  /// Where a subscription is; nil when there is none of that name.
  subscript(name: String) -> Int64? { places[name]?.cursor }

  mutating func keep(_ subscription: StoredSubscription) {
    places[subscription.name] = Place(cursor: subscription.cursor, holdAge: subscription.holdAge)
  }

  mutating func remove(_ name: String) { places[name] = nil }

  mutating func move(_ name: String, to cursor: Int64) { places[name]?.cursor = cursor }

  /// For how long each event is held, ready for many questions.
  var ages: HoldAges {
    var ages: [(after: Int64, age: Int64)] = []
    for place in places.values.sorted(by: { $0.cursor < $1.cursor }) {
      ages.append((place.cursor, max(place.holdAge, ages.last?.age ?? 0)))
    }
    return HoldAges(ages)
  }
}

/// For how long an event is held: the longest wish of all subscriptions that are not past it.
struct HoldAges {
  /// Growing in both parts: every event after the one is held for the other.
  private let ages: [(after: Int64, age: Int64)]

  fileprivate init(_ ages: [(after: Int64, age: Int64)]) { self.ages = ages }

  /// In milliseconds; 0 when nobody holds the event.
  func age(of sequence: Int64) -> Int64 {
    var (low, high) = (0, ages.count)
    while low < high {
      let middle = (low + high) / 2
      if ages[middle].after < sequence { low = middle + 1 } else { high = middle }
    }
    return low == 0 ? 0 : ages[low - 1].age
  }
}
