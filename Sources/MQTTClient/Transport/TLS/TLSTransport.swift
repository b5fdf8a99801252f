import COpenSSL
import EventLoop

/// A byte stream that is encrypted on top of another transport.
///
///     below ─its handshakes are done─▶ handshaking ─both finished─▶ open ─the peer's goodbye─▶ ended
///                                           └──────any error──────────┴─▶ failed
///
/// An end without the close alert counts as a plain end: MQTT marks the length of every packet, so
/// what is cut off cannot pass for something whole.
@safe final class TLSTransport: Transport {
  /// More than this is not encrypted ahead of what the peer takes.
  private static let sendMax = 64 << 10
  /// Reads from below before the owner gets its turn again.
  private static let fillsPerCall = 16

  private enum State: Equatable {
    case below, handshaking, open, ended
    case failed(TransportError)
  }

  private let lower: any Transport
  private let attempt: TLSAttempt
  private let buffers = TLSBuffers()
  private let ssl: OpaquePointer
  private var state = State.below
  /// What was agreed on; nil before the handshake is done.
  private(set) var details: TLSDetails?

  /// Prepares a connection to `host`, the name or address of the URL.
  init(over lower: any Transport, context: TLSContext, host: String) throws(TLSFailure) {
    self.lower = lower
    let name = TLSNames.certificateName(context.options.serverName ?? host)
    attempt = TLSAttempt(context, name: name)
    OpenSSLErrors.clear()
    guard let made = unsafe SSL_new(context.handle) else { throw .library }
    unsafe ssl = made
    guard let bio = unsafe buffers.makeBIO() else { throw .library }
    unsafe SSL_set_bio(ssl, bio, bio)
    unsafe SSL_set_ex_data(ssl, 0, Unmanaged.passUnretained(attempt).toOpaque())
    unsafe SSL_set_connect_state(ssl)
    try unsafe TLSNames.apply(name, context, to: ssl)
    unsafe attempt.resume(ssl)
  }

  deinit { unsafe SSL_free(ssl) }

  var descriptor: Int32 { lower.descriptor }

  var needs: Poller.Interest {
    switch state {
    case .handshaking: lower.needs.union(heldOutput > 0 ? [.readable, .writable] : .readable)
    case .below, .open, .ended, .failed: lower.needs
    }
  }

  var holdsInput: Bool {
    switch state {
    case .below, .handshaking: lower.holdsInput
    case .open: unsafe buffers.hasIncoming || SSL_pending(ssl) > 0 || lower.holdsInput
    // That it is over is the last thing the owner has to be told.
    case .ended, .failed: true
    }
  }

  var hasUnreadInput: Bool { holdsInput || lower.hasUnreadInput }
  var heldOutput: Int { buffers.heldOutput + lower.heldOutput }
  var nextDeadline: Duration? { lower.nextDeadline }

  func timerFired(at now: Duration) throws(TransportError) { try lower.timerFired(at: now) }

  func advance() throws(TransportError) -> Bool {
    if state == .below {
      guard try lower.advance() else { return false }
      state = .handshaking
    }
    guard state == .handshaking else { return state == .open }
    do throws(TransportError) {
      return try shakeHands()
    } catch {
      state = .failed(error)
      throw error
    }
  }

  private func shakeHands() throws(TransportError) -> Bool {
    // What the peer said before it stopped listening explains more than the failed write.
    var unwritable: TransportError?
    while true {
      OpenSSLErrors.clear()
      let code = unsafe SSL_do_handshake(ssl)
      let reason = unsafe SSL_get_error(ssl, code)
      let failure =
        reason == SSL_ERROR_NONE || reason == SSL_ERROR_WANT_READ ? nil : handshakeFailure()
      do throws(TransportError) { try flush() } catch { unwritable = unwritable ?? error }
      if let failure { throw .tls(failure) }
      if reason == SSL_ERROR_NONE {
        if let unwritable { throw unwritable }
        try finishHandshake()
        return true
      }
      var received = TCPSocket.Received.nothingYet
      let hasMore = try buffers.fill { (storage) throws(TransportError) in
        received = try lower.receive(into: &storage)
        guard case .bytes(let count) = received else { return nil }
        return count
      }
      if hasMore { continue }
      if let unwritable { throw unwritable }
      if received == .end { throw .tls(.closedDuringHandshake) }
      return false
    }
  }

  private func finishHandshake() throws(TransportError) {
    let (agreed, knowsKey) = unsafe TLSDetails.agreed(on: ssl)
    do throws(TLSFailure) {
      try attempt.finished(
        isResumed: agreed.isResumed, showsCertificate: agreed.certificateSHA256 != nil,
        knowsKey: knowsKey)
    } catch {
      throw .tls(error)
    }
    details = agreed
    state = .open
  }

  func receive(into buffer: inout [UInt8]) throws(TransportError) -> TCPSocket.Received {
    var total = 0
    var fills = 0
    while total < buffer.count, state == .open {
      do throws(TransportError) {
        let count = try decipher(&buffer, from: total)
        total += count
        if count > 0 || state != .open { continue }
        guard total == 0, fills < Self.fillsPerCall, try fill() else { break }
        fills += 1
      } catch {
        state = .failed(error)
      }
    }
    if total > 0 { return .bytes(total) }
    switch state {
    case .below, .handshaking, .open: return .nothingYet
    case .ended: return .end
    case .failed(let error): throw error
    }
  }

  /// Deciphers what has come; zero when more is needed or the peer has said that it ends.
  private func decipher(_ buffer: inout [UInt8], from start: Int) throws(TransportError) -> Int {
    OpenSSLErrors.clear()
    var count = 0
    let code = unsafe buffer.withUnsafeMutableBytes { bytes in
      let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: bytes[start...])
      return unsafe SSL_read_ex(ssl, rest.baseAddress, rest.count, &count)
    }
    switch unsafe SSL_get_error(ssl, code) {
    case SSL_ERROR_NONE: return count
    case SSL_ERROR_WANT_READ: return 0
    case SSL_ERROR_ZERO_RETURN:
      state = .ended
      return 0
    default: throw .tls(brokenFailure())
    }
  }

  /// Gets more from below; false when there is nothing now.
  private func fill() throws(TransportError) -> Bool {
    try buffers.fill { (storage) throws(TransportError) in
      switch try lower.receive(into: &storage) {
      case .bytes(let count): return count
      case .nothingYet: return nil
      case .end:
        state = .ended
        return nil
      }
    }
  }

  func send(_ bytes: Bytes) throws(TransportError) -> Int {
    guard state == .open, !bytes.isEmpty, unsafe SSL_get_shutdown(ssl) & SSL_SENT_SHUTDOWN == 0
    else { return 0 }
    try flush()
    guard heldOutput == 0 else { return 0 }
    OpenSSLErrors.clear()
    let part = bytes.prefix(Self.sendMax)
    var count = 0
    let code = unsafe part.withUnsafeBytes { part in
      unsafe SSL_write_ex(ssl, part.baseAddress, part.count, &count)
    }
    guard unsafe SSL_get_error(ssl, code) == SSL_ERROR_NONE else {
      let failure = TransportError.tls(brokenFailure())
      state = .failed(failure)
      throw failure
    }
    try flush()
    return count
  }

  func flush() throws(TransportError) {
    if lower.heldOutput > 0 { try lower.flush() }
    try buffers.drain { (bytes) throws(TransportError) in try lower.send(bytes) }
  }

  func shutDownSending() {
    guard state == .open || state == .ended else { return lower.shutDownSending() }
    OpenSSLErrors.clear()
    if unsafe SSL_get_shutdown(ssl) & SSL_SENT_SHUTDOWN == 0 { unsafe SSL_shutdown(ssl) }
    do throws(TransportError) {
      try flush()
    } catch {
      return lower.shutDownSending()
    }
    if heldOutput == 0 { lower.shutDownSending() }
  }

  private func handshakeFailure() -> TLSFailure {
    let entries = OpenSSLErrors.drainEntries()
    return attempt.failure ?? .alert(in: entries) ?? .handshakeFailed(words: entries.map(\.words))
  }

  private func brokenFailure() -> TLSFailure {
    let entries = OpenSSLErrors.drainEntries()
    return .alert(in: entries) ?? .protocolViolated(words: entries.map(\.words))
  }
}
