import EventLoop
import MQTTClient

/// The packets that came, and the tasks that wait for one.
final class PacketRecords: Sendable {
  typealias Matches = @Sendable (ReceivedPacket) -> Bool

  private struct Waiter: Sendable {
    let matches: Matches
    let continuation: CheckedContinuation<ReceivedPacket?, Never>
  }

  private struct State: Sendable {
    var packets: [ReceivedPacket] = []
    var waiters: [UInt64: Waiter] = [:]
    var nextWaiter: UInt64 = 0
  }

  private let state = Locked(State())

  var all: [ReceivedPacket] { state.withLock { $0.packets } }

  func add(_ packet: ReceivedPacket) {
    let waiting = state.withLock { state in
      state.packets.append(packet)
      return Array(state.waiters)
    }
    for (number, waiter) in waiting where waiter.matches(packet) { resume(number, packet) }
  }

  func packet(_ type: PacketType, count: Int, within limit: Duration) async -> ReceivedPacket? {
    await first(within: limit) { [self] packet in
      guard packet.type == type else { return false }
      let same = all.filter { $0.type == type }
      return same.count >= count && same[max(0, count - 1)] == packet
    }
  }

  func first(within limit: Duration, where matches: @escaping Matches) async -> ReceivedPacket? {
    let number = state.withLock { state in
      state.nextWaiter += 1
      return state.nextWaiter
    }
    let patience = Task { [self] in
      try? await Task.sleep(for: limit)
      resume(number, nil)
    }
    defer { patience.cancel() }
    return await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let earlier = state.withLock { state in
          state.waiters[number] = Waiter(matches: matches, continuation: continuation)
          return state.packets
        }
        if Task.isCancelled { return resume(number, nil) }
        if let found = earlier.first(where: matches) { resume(number, found) }
      }
    } onCancel: {
      resume(number, nil)
    }
  }

  private func resume(_ number: UInt64, _ packet: ReceivedPacket?) {
    let waiter = state.withLock { $0.waiters.removeValue(forKey: number) }
    waiter?.continuation.resume(returning: packet)
  }
}
