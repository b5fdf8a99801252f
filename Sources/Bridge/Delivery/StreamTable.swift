import HTTPFront

/// Large values filed under streams, each in a place of its own.
///
/// A dictionary has room for up to twice as many values, and for both sizes while it grows: with large
/// values that would be most of what thousands of streams take.
struct StreamTable<Value>: ~Copyable {
  private final class Place {
    var value: Value

    init(_ value: Value) { self.value = value }
  }

  private var places: [StreamID: Place] = [:]

  var isEmpty: Bool { places.isEmpty }
  var count: Int { places.count }

  subscript(id: StreamID) -> Value? {
    get { places[id]?.value }
    set {
      guard let newValue else { return places[id] = nil }
      if let place = places[id] {
        place.value = newValue
      } else {
        places[id] = Place(newValue)
      }
    }
  }

  mutating func removeValue(forKey id: StreamID) -> Value? {
    places.removeValue(forKey: id)?.value
  }
}
