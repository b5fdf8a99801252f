import EventLoop

/// One client of TLS whose connection has left the requests: what it writes and reads passes between
/// its session and a socket that the streams treat like a client's own.
final class TLSRelay {
  let serial: UInt64
  let session: TLSSession
  /// The client's socket; it and the session belong to libmicrohttpd.
  let outer: Int32
  /// Our end of the pair whose other end the streams have.
  let inner: Int32
  /// Called once, when neither side has anything left to say.
  let ended: () -> Void
  /// What was taken from us and not yet from the session; at most one record.
  var outgoing: ArraySlice<UInt8> = []
  /// What was taken from the client and not yet by us.
  var incoming: ArraySlice<UInt8> = []
  /// The client will send nothing more.
  var hasClientEnded = false
  var isClientEndTold = false
  /// We will send nothing more.
  var hasOwnEnded = false
  var isOwnEndTold = false
  /// Our other end is closed.
  var isInnerGone = false
  var outerInterest: Poller.Interest = [.readable]
  var innerInterest: Poller.Interest = [.readable]

  init(
    serial: UInt64, session: TLSSession, outer: Int32, inner: Int32, ended: @escaping () -> Void
  ) {
    self.serial = serial
    self.session = session
    self.outer = outer
    self.inner = inner
    self.ended = ended
  }

  /// False when the session is of no more use.
  func sendToClient(_ buffer: inout [UInt8]) -> Bool {
    for _ in 0..<TLSRelays.turnsMax {
      if outgoing.isEmpty {
        if hasOwnEnded { break }
        switch StreamSocket.receive(from: inner, into: &buffer) {
        case .bytes(let count): outgoing = ArraySlice(Array(buffer[..<count]))
        case .wouldBlock: return true
        case .end, .failed:
          hasOwnEnded = true
          continue
        }
      }
      switch session.send(outgoing) {
      case .bytes(let count): outgoing = outgoing.dropFirst(count)
      case .wouldBlock: return true
      case .failed: return false
      }
    }
    if hasOwnEnded, outgoing.isEmpty, !isOwnEndTold, session.sayGoodbye() {
      isOwnEndTold = true
      StreamSocket.finishWriting(outer)
    }
    return true
  }

  /// False when the session is of no more use.
  func receiveFromClient(_ buffer: inout [UInt8]) -> Bool {
    var turns = 0
    // What the session has decrypted the poller does not know of.
    while turns < TLSRelays.turnsMax || session.hasUnread {
      turns += 1
      if incoming.isEmpty {
        if hasClientEnded { break }
        switch session.receive(into: &buffer) {
        case .bytes(let count): incoming = ArraySlice(Array(buffer[..<count]))
        case .wouldBlock: return true
        case .end:
          hasClientEnded = true
          continue
        case .failed: return false
        }
      }
      if isInnerGone { incoming = [] }
      if !incoming.isEmpty {
        switch StreamSocket.send(Array(incoming), to: inner) {
        case .bytes(let count): incoming = incoming.dropFirst(count)
        case .wouldBlock: return true
        case .failed: incoming = []
        }
      }
    }
    if hasClientEnded, incoming.isEmpty, !isClientEndTold {
      isClientEndTold = true
      StreamSocket.finishWriting(inner)
    }
    return true
  }

  var isOver: Bool { isOwnEndTold && (isInnerGone || isClientEndTold) }

  var wantsOfOuter: Poller.Interest {
    var interest: Poller.Interest = incoming.isEmpty && !hasClientEnded ? [.readable] : []
    if !outgoing.isEmpty || (hasOwnEnded && !isOwnEndTold) { interest.insert(.writable) }
    return interest
  }

  var wantsOfInner: Poller.Interest {
    var interest: Poller.Interest = outgoing.isEmpty && !hasOwnEnded ? [.readable] : []
    if !incoming.isEmpty { interest.insert(.writable) }
    return interest
  }
}
