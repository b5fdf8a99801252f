import Access
import EventLoop
import HTTPFront
import WebSocketProtocol

/// The open streams of callers: how many each has, and until when each may stay.
///
/// Called on every http thread and, once a second, on the main thread.
final class StreamLedger: Sendable {
  private struct Entry: Sendable {
    let account: String
    let address: IPAddress?
  }

  private struct Expiry: Sendable {
    /// When the token ends, in seconds since 1970.
    let at: Int64
    /// When it would no longer be accepted.
    let end: Int64
    var isTold = false
  }

  private struct State: Sendable {
    var counts: StreamCounts
    var entries: [StreamID: Entry] = [:]
    var expiries: [StreamID: Expiry] = [:]
  }

  /// How long before its end a stream is told.
  private static let notice: Int64 = 30

  private let desk: AccessDesk
  private let streams: OpenStreams
  private let state: Locked<State>

  init(_ desk: AccessDesk, _ streams: OpenStreams) {
    self.desk = desk
    self.streams = streams
    state = Locked(State(counts: StreamCounts(desk.configuration.streams)))
  }

  /// Counts a stream that is about to open, or says which limit it would exceed.
  func opened(_ id: StreamID, _ caller: Caller, _ head: RequestHead) -> Refusal? {
    guard !desk.isOpen else { return nil }
    let address = desk.clientAddress(of: head)
    let expiry = expiry(of: caller)
    return state.withLock { state in
      let refusal = state.counts.opened(
        caller.account, address, maximum: caller.grants.maximumConnections)
      if let refusal { return refusal }
      state.entries[id] = Entry(account: caller.account, address: address)
      state.expiries[id] = expiry
      return nil
    }
  }

  func closed(_ id: StreamID) {
    guard !desk.isOpen else { return }
    state.withLock { state in
      state.expiries[id] = nil
      guard let entry = state.entries.removeValue(forKey: id) else { return }
      state.counts.closed(entry.account, entry.address)
    }
  }

  /// The caller of a stream has shown a newer token.
  func renewed(_ id: StreamID, _ caller: Caller) {
    let expiry = expiry(of: caller)
    state.withLock { state in
      guard state.entries[id] != nil else { return }
      state.expiries[id] = expiry
    }
  }

  private func expiry(of caller: Caller) -> Expiry? {
    guard let at = caller.expiry, let end = desk.end(of: caller) else { return nil }
    return Expiry(at: at, end: end)
  }

  private static func end(_ id: StreamID, _ form: Representation.Form) -> [StreamCommand] {
    let reason = "token_expired"
    // Whoever looks after tunnels ends them in the way of MQTT.
    if form == .tunnel { return [] }
    guard form == .socket else {
      return [.end(id, last: StreamFrames.close(reason: reason, reconnects: false, as: form))]
    }
    let status = CloseStatus(.policyViolation, reason: "the token has expired")
    return SocketEnd.commands(id, reason, status, reconnects: false)
  }

  /// What streams must be told at this time, in seconds since 1970, by http thread.
  func due(at now: Int64, ended: (StreamID) -> Void = { _ in }) -> [Int: [StreamCommand]] {
    guard !desk.isOpen else { return [:] }
    return state.withLock { state in
      var commands: [Int: [StreamCommand]] = [:]
      for (id, expiry) in state.expiries where now >= expiry.at - Self.notice {
        if now >= expiry.end {
          state.expiries[id] = nil
          ended(id)
          commands[id.shard, default: []] += Self.end(id, streams.form(of: id))
        } else if !expiry.isTold, streams.form(of: id) != .tunnel {
          state.expiries[id]?.isTold = true
          let frame = StreamFrames.expiring(at: expiry.at, as: streams.form(of: id))
          commands[id.shard, default: []].append(.private(frame, streams: [id]))
        }
      }
      return commands
    }
  }
}
