import EventLoop

/// The relays of one http thread.
///
/// A socket under TLS cannot be taken away from libmicrohttpd, which owns its session. So the
/// connection stays suspended there, and its bytes go through a pair of sockets, of which the
/// streams get one end. Each holds a bounded number of bytes: a client that does not read
/// fills its socket, then its relay, and then the stream is blocked like any other.
final class TLSRelays {
  /// How much one relay moves in a turn of the loop, in pieces of `pieceBytes`.
  static let turnsMax = 8
  /// As much as a record of TLS holds.
  private static let pieceBytes = 16 << 10
  /// What each end of a pair may hold.
  static let pairBytes: Int32 = 64 << 10
  /// How long a client may take for the rest once our side has closed.
  private static let patience = Duration.seconds(30)

  private let loop: Loop
  private var relays: [UInt64: TLSRelay] = [:]
  private var buffer = [UInt8](repeating: 0, count: pieceBytes)
  private var isClosed = false

  init(loop: Loop) { self.loop = loop }

  var isEmpty: Bool { relays.isEmpty }
  var count: Int { relays.count }

  /// Begins to carry bytes for a connection that is about to be suspended; the result is the socket
  /// that takes and gives them.
  func open(
    serial: UInt64, session: TLSSession, descriptor: Int32, ended: @escaping () -> Void
  ) throws(SystemError) -> Int32 {
    guard !isClosed else { throw SystemError("relay", 0) }
    let (inner, given) = try StreamSocket.pair(bufferBytes: Self.pairBytes)
    let relay = TLSRelay(
      serial: serial, session: session, outer: descriptor, inner: inner, ended: ended)
    do throws(SystemError) {
      try loop.watch(descriptor, relay.outerInterest, LoopToken(.relayedClient, serial))
      do throws(SystemError) {
        try loop.watch(inner, relay.innerInterest, LoopToken(.relay, serial))
      } catch {
        loop.unwatch(descriptor)
        throw error
      }
    } catch {
      StreamSocket.close(inner)
      StreamSocket.close(given)
      throw error
    }
    StreamSocket.sendAtOnce(descriptor)
    relays[serial] = relay
    // Not at once: the connection is not suspended yet, and so cannot end.
    if session.hasUnread { loop.schedule(LoopToken(.relayedClient, serial), at: loop.now) }
    return given
  }

  /// Something happened at one of the two ends.
  func handle(_ event: Poller.Event, _ token: LoopToken) {
    guard let relay = relays[token.value] else { return }
    if event.isHungUp {
      guard token.kind == .relay else {
        // What it still had to say is read, and nothing reaches it any more.
        _ = relay.receiveFromClient(&buffer)
        return finish(relay)
      }
      if !relay.isInnerGone {
        relay.isInnerGone = true
        loop.unwatch(relay.inner)
        loop.schedule(LoopToken(.relay, relay.serial), at: loop.now + Self.patience)
      }
    }
    advance(relay)
  }

  /// Something had been read already when a relay began, or our side has been closed for long and the
  /// client has not taken the rest.
  func timerFired(_ token: LoopToken) {
    guard let relay = relays[token.value] else { return }
    if token.kind == .relay { finish(relay) } else { advance(relay) }
  }

  /// Cuts every relay off, and opens none any more.
  func closeAll() {
    isClosed = true
    for relay in relays.values { finish(relay) }
  }

  private func advance(_ relay: TLSRelay) {
    guard relay.sendToClient(&buffer), relay.receiveFromClient(&buffer), !relay.isOver else {
      return finish(relay)
    }
    let outer = relay.wantsOfOuter
    if outer != relay.outerInterest {
      relay.outerInterest = outer
      loop.rewatch(relay.outer, outer, LoopToken(.relayedClient, relay.serial))
    }
    let inner = relay.wantsOfInner
    if inner != relay.innerInterest, !relay.isInnerGone {
      relay.innerInterest = inner
      loop.rewatch(relay.inner, inner, LoopToken(.relay, relay.serial))
    }
  }

  private func finish(_ relay: TLSRelay) {
    guard relays.removeValue(forKey: relay.serial) != nil else { return }
    loop.unwatch(relay.outer)
    if !relay.isInnerGone { loop.unwatch(relay.inner) }
    StreamSocket.close(relay.inner)
    relay.ended()
  }
}
