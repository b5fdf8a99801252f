@testable import MQTTClient

/// Something that happens in a simulation at its time.
enum SimulationEvent {
  enum Stored {
    case received(UInt64)
    case restarted(UInt64)
    case forgotten(UInt64)
  }

  case linkOpens(Int)
  case clientSeesEnd(Int)
  case brokerSeesEnd(Int)
  case toBroker(Int, Packet)
  case brokerThought(Int, Packet)
  case toClient(Int, Packet)
  case fault
  case applicationPublishes
  case applicationSubscribes
  case brokerDelivers
  case acknowledges(process: Int, AckToken)
  case stored(process: Int, Stored)
  case inboxDurable(process: Int, SimulatedInbox.Write)
  case inboxHeard(process: Int, SimulatedInbox.Write)
  case authenticatorAnswers(process: Int, UInt64)
  case applicationDecides(process: Int, UInt64, RedirectRequest)
}

/// Events in the order of their times, and of their coming for the same time.
struct SimulationQueue {
  private var events: [(time: Duration, event: SimulationEvent)] = []

  var nextTime: Duration? { events.last?.time }

  mutating func add(_ event: SimulationEvent, at time: Duration) {
    // Latest first, so that the next one is taken from the end.
    let place = events.firstIndex { $0.time <= time } ?? events.endIndex
    events.insert((time, event), at: place)
  }

  mutating func pop() -> SimulationEvent? { events.popLast()?.event }

  mutating func removeAll(where condition: (SimulationEvent) -> Bool) {
    events.removeAll { condition($0.event) }
  }
}
