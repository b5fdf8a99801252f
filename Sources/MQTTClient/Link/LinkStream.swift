import EventLoop

/// A connected byte stream with what it needs to carry packets.
///
///     handshaking ─advance─▶ open ─close─▶ closing ─▶ done (all written and the peer has closed,
///                                                     or the deadline)
///
/// While closing, everything that still comes is thrown away: closing a socket with unread bytes
/// would make the system cut the connection before our last packet has arrived.
final class LinkStream {
  enum Phase { case handshaking, open, closing, done }

  private let stack: TransportStack
  /// The uppermost layer of the stack.
  private var transport: any Transport
  private let pollSet: PollSet
  private var watch: PollSet.Watch
  private let observer: LinkObserver
  private let version: ProtocolVersion
  private let writeStallTimeout: Duration
  private var outgoing = OutgoingBytes()
  private let once: OnceOutcomes
  private var decoder: PacketDecoder
  /// When the peer last took a byte while others were left waiting.
  private var stalledSince: Duration?
  private let closeTimeout: Duration
  private var closeDeadline: Duration?
  /// The peer took less than there was, and the poller has not said since that it takes more.
  private var isBlocked = false
  private(set) var phase = Phase.handshaking

  private var isReadingPaused = false

  init(
    _ stack: TransportStack, _ options: ClientOptions, _ pollSet: PollSet,
    _ once: OnceOutcomes, _ observer: LinkObserver
  ) throws(SystemError) {
    self.observer = observer
    self.stack = stack
    transport = stack.top
    self.pollSet = pollSet
    self.once = once
    version = options.session.version
    writeStallTimeout = options.writeStallTimeout
    closeTimeout = options.closeTimeout
    let limit = options.session.connect.maximumPacketSize.map { Int($0) }
    decoder = PacketDecoder(
      version: version, maximumPacketSize: limit ?? PacketDecoder.largestPacketSize)
    watch = try pollSet.watch(transport.descriptor, transport.needs.union(.peerClosed))
  }

  deinit { pollSet.forget(watch) }

  /// What is being set up, or else the wait for CONNACK.
  var step: LinkStep { phase == .handshaking ? stack.step : .connecting }

  /// What was agreed on with the broker, once the stream is open; nil without TLS.
  var tls: TLSDetails? { stack.tls }

  var outgoingCount: Int { outgoing.count }

  /// Whether the next turn must not wait, since input is there that the poller cannot see.
  var mustNotWait: Bool { transport.holdsInput && !isReadingPaused && phase != .done }

  var hasUnreadInput: Bool { transport.hasUnreadInput }

  var nextDeadline: Duration? {
    .earlier(
      .earlier(closeDeadline, stalledSince.map { $0 + writeStallTimeout }), transport.nextDeadline)
  }

  func owns(_ event: Poller.Event) -> Bool { event.token == watch.token }

  /// Goes on with the handshakes; true once the stream is open.
  func advance() throws(TransportError) -> Bool {
    guard phase == .handshaking else { return true }
    let isOpen = try stack.advance()
    transport = stack.top
    if isOpen { phase = .open }
    return isOpen
  }

  func send(_ packet: Packet) throws(EncodeError) {
    guard isCarryingPackets else { return }
    // The last packet because of a fault does not wait for messages that would follow it anyway.
    if case .disconnect(let disconnect) = packet, disconnect.reasonCode.isFailure {
      once.fail(outgoing.dropUnsent())
    }
    let before = outgoing.count
    try outgoing.append(packet, version: version)
    observer.sent(packet, size: outgoing.count - before)
  }

  /// Sends a QoS 0 message, whose outcome then comes from `once`.
  func sendOnce(_ key: UInt64, _ publish: Publish) throws(EncodeError) {
    guard isCarryingPackets else { return once.fail([key]) }
    let before = outgoing.count
    try outgoing.append(.publish(publish), version: version, key: key)
    observer.sent(.publish(publish), size: outgoing.count - before)
  }

  private var isCarryingPackets: Bool { phase == .handshaking || phase == .open }

  /// The system has no more to take of what the layers accepted so far.
  private func confirmTaken() {
    guard !outgoing.takenKeys.isEmpty, transport.heldOutput == 0 else { return }
    once.succeed(outgoing.takenKeys)
    outgoing.takenKeys.removeAll(keepingCapacity: true)
  }

  /// The stream is over: says what became of the QoS 0 messages that it still had.
  func abandon() {
    once.lose(outgoing.takenKeys)
    for (key, isPartlySent) in outgoing.abandon() {
      if isPartlySent { once.lose([key]) } else { once.fail([key]) }
    }
  }

  /// Writes what waits, as far as the peer takes it; returns whether any byte left.
  func write(at now: Duration) throws(TransportError) -> Bool {
    guard hasOutput, !isBlocked, phase == .open || phase == .closing else { return false }
    let held = transport.heldOutput
    if held > 0 { try transport.flush() }
    confirmTaken()
    var hasProgress = transport.heldOutput < held
    let taken = try outgoing.write { (bytes) throws(TransportError) in
      try transport.send(bytes)
    }
    confirmTaken()
    hasProgress = hasProgress || taken > 0
    isBlocked = hasOutput
    if !isBlocked {
      stalledSince = nil
    } else if hasProgress || stalledSince == nil {
      stalledSince = now
    }
    return hasProgress
  }

  private var hasOutput: Bool { !outgoing.isEmpty || transport.heldOutput > 0 }

  /// Gives the layers the time, which they may have waited for.
  func timerFired(at now: Duration) throws(TransportError) {
    if phase == .open || phase == .handshaking { try transport.timerFired(at: now) }
  }

  /// Whether the peer has taken nothing for too long.
  ///
  /// One that we leave waiting with what it sends may well read nothing until we do.
  func isStalled(at now: Duration) -> Bool {
    guard let stalledSince, now >= stalledSince + writeStallTimeout else { return false }
    guard isReadingPaused, hasUnreadInput else { return true }
    self.stalledSince = now
    return false
  }

  func pauseReading(_ isPaused: Bool, at now: Duration) {
    if isReadingPaused, !isPaused, stalledSince != nil { stalledSince = now }
    isReadingPaused = isPaused
  }

  /// Reads once; the packets then come from `nextPacket`.
  func read(_ buffer: inout [UInt8]) throws(TransportError) -> TCPSocket.Received {
    let received = try transport.receive(into: &buffer)
    if case .bytes(let count) = received, phase == .open { decoder.append(buffer[..<count]) }
    return received
  }

  func nextPacket() throws(DecodeError) -> Packet? {
    let before = decoder.unreadCount
    guard let packet = try decoder.next() else { return nil }
    observer.received(packet, size: before - decoder.unreadCount)
    return packet
  }

  /// The poller says that the peer takes bytes again.
  func becameWritable() { isBlocked = false }

  /// Stops to carry packets; what was sent before may leave as long as the peer takes bytes.
  func close(_ closing: LinkClosing, at now: Duration) {
    guard phase == .open, closing == .afterWrites else { return finish() }
    phase = .closing
    stalledSince = nil
    closeDeadline = now + closeTimeout
    isReadingPaused = false
  }

  /// Goes on with closing; call it on every event and deadline while `phase` is `closing`.
  func advanceClosing(at now: Duration, _ buffer: inout [UInt8]) {
    guard phase == .closing else { return }
    if let closeDeadline, now >= closeDeadline { return finish() }
    do throws(TransportError) {
      if try write(at: now) { closeDeadline = now + closeTimeout }
      stalledSince = nil
      if !hasOutput { transport.shutDownSending() }
      repeat {
        if case .end = try transport.receive(into: &buffer) { finish() }
      } while phase == .closing && transport.holdsInput
    } catch {
      finish()
    }
  }

  /// Tells the poller what the stream waits for now.
  func updateInterest() {
    var interest = transport.needs.union(.peerClosed)
    if phase != .handshaking {
      if !isReadingPaused { interest.formUnion(.readable) }
      if hasOutput { interest.formUnion(.writable) }
    }
    pollSet.change(&watch, to: interest)
  }

  private func finish() {
    phase = .done
    closeDeadline = nil
    stalledSince = nil
  }
}
