/// Decides at once whether an item may come in, counting those that wait for their commit.
struct Admission: Sendable {
  private let outbox: StoreOptions.Limits
  private let waiting: StoreOptions.Limits
  private var held: StoreOptions.Limits
  private(set) var waitingNow = StoreOptions.Limits(messages: 0, bytes: 0)
  private var failure: StoreError?
  private var isClosed = false

  /// Starts with what the outbox holds on disk.
  init(
    outbox: StoreOptions.Limits, waiting: StoreOptions.Limits, holding held: StoreOptions.Limits
  ) {
    self.outbox = outbox
    self.waiting = waiting
    self.held = held
  }

  /// Whether writing works, as far as is known.
  var canWrite: Bool { failure == nil && !isClosed }

  /// Reserves room, or says why not; all items or none.
  mutating func request(messages: Int, bytes: Int) -> AppendAdmission {
    if isClosed { return .closed }
    if let failure { return .failing(failure) }
    guard messages <= outbox.messages - held.messages else { return .full(.messages) }
    guard bytes <= outbox.bytes - held.bytes else { return .full(.bytes) }
    if waitingNow.messages > 0 {
      guard
        messages <= waiting.messages - waitingNow.messages,
        bytes <= waiting.bytes - waitingNow.bytes
      else { return .full(.waiting) }
    }
    held.messages += messages
    held.bytes += bytes
    waitingNow.messages += messages
    waitingNow.bytes += bytes
    return .accepted
  }

  /// These items wait no longer: they are on disk.
  mutating func stored(messages: Int, bytes: Int) {
    waitingNow.messages -= messages
    waitingNow.bytes -= bytes
  }

  /// These items wait no longer: they were not kept.
  mutating func refused(messages: Int, bytes: Int) {
    stored(messages: messages, bytes: bytes)
    removed(messages: messages, bytes: bytes)
  }

  /// These rows left the disk.
  mutating func removed(messages: Int, bytes: Int) {
    held.messages -= messages
    held.bytes -= bytes
  }

  mutating func failed(_ error: StoreError) { failure = error }

  mutating func recovered() { failure = nil }

  mutating func close() { isClosed = true }
}
