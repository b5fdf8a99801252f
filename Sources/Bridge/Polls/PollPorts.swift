import HTTPFront
import MQTTClient
import Store

/// What the polls ask of other threads.
struct PollPorts: Sendable {
  /// Subscribes to the filters; false when too much waits for the mqtt thread.
  var open: @Sendable (StreamRequest) -> Bool
  /// The filters are not needed any more.
  var close: @Sendable (StreamID) -> Void
  /// Runs a read on the thread `store-read`; false when too many wait.
  var read: @Sendable (@escaping @Sendable (EventReader) -> Void) -> Bool
  /// Answers a parked request.
  var answer: @Sendable (RequestID, Response) -> Void
}

extension PollPorts {
  init(_ wiring: Wiring) {
    self.init(
      open: { wiring.link?.send(.openStream($0)) == true },
      close: { wiring.link?.sendReserved(.closeStream($0)) },
      read: { wiring.store?.read($0) ?? false },
      answer: { wiring.server?.answer($0, with: $1) })
  }
}
