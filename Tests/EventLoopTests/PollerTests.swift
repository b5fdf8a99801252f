import EventLoop
import Glibc
import Testing

@Suite struct PollerTests {
  @Test func `nothing ready is an empty wait`() throws {
    var poller = try Poller()
    let wakeUp = try WakeUp()
    try poller.add(wakeUp.descriptor, .readable, token: 1)
    try poller.wait(atMost: .zero) { _ in Issue.record("an event of nothing") }
  }

  @Test func `an event carries the token of its descriptor`() throws {
    var poller = try Poller()
    let first = try WakeUp()
    let second = try WakeUp()
    try poller.add(first.descriptor, .readable, token: 1)
    try poller.add(second.descriptor, .readable, token: .max)
    second.signal()
    var tokens: [UInt64] = []
    try poller.wait(atMost: nil) { event in
      #expect(event.isReadable && !event.isWritable && !event.isClosed)
      tokens.append(event.token)
    }
    #expect(tokens == [.max])
  }

  @Test func `a cleared wake-up is ready no more`() throws {
    var poller = try Poller()
    let wakeUp = try WakeUp()
    try poller.add(wakeUp.descriptor, .readable, token: 1)
    wakeUp.signal()
    wakeUp.clear()
    wakeUp.clear()
    try poller.wait(atMost: .zero) { _ in Issue.record("a wake-up after clear") }
  }

  @Test func `no interest means no event, and interest can come back`() throws {
    var poller = try Poller()
    let wakeUp = try WakeUp()
    wakeUp.signal()
    try poller.add(wakeUp.descriptor, [], token: 1)
    try poller.wait(atMost: .zero) { _ in Issue.record("an event nobody wants") }
    try poller.modify(wakeUp.descriptor, .readable, token: 2)
    var tokens: [UInt64] = []
    try poller.wait(atMost: .zero) { tokens.append($0.token) }
    #expect(tokens == [2])
  }

  @Test func `a removed descriptor is silent and cannot be removed again`() throws {
    var poller = try Poller()
    let wakeUp = try WakeUp()
    try poller.add(wakeUp.descriptor, .readable, token: 1)
    wakeUp.signal()
    try poller.remove(wakeUp.descriptor)
    try poller.wait(atMost: .zero) { _ in Issue.record("an event after remove") }
    let descriptor = wakeUp.descriptor
    #expect(throws: SystemError("epoll_ctl", ENOENT)) { try poller.remove(descriptor) }
  }

  @Test func `a peer that stops sending is seen without reading`() throws {
    var poller = try Poller()
    var pair: [Int32] = [0, 0]
    #expect(unsafe socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &pair) == 0)
    let ours = Descriptor(owning: pair[0])
    let theirs = Descriptor(owning: pair[1])
    try poller.add(ours.number, .peerClosed, token: 1)
    try poller.wait(atMost: .zero) { _ in Issue.record("an event before the end") }
    shutdown(theirs.number, Int32(SHUT_WR))
    var wasClosed = false
    try poller.wait(atMost: .seconds(10)) { wasClosed = $0.isClosed }
    #expect(wasClosed)
    _ = consume ours
    _ = consume theirs
  }

  @Test func `one wait returns at most as many events as it was bounded to`() throws {
    var poller = try Poller(eventsPerWait: 2)
    let a = try WakeUp()
    let b = try WakeUp()
    let c = try WakeUp()
    try poller.add(a.descriptor, .readable, token: 1)
    try poller.add(b.descriptor, .readable, token: 2)
    try poller.add(c.descriptor, .readable, token: 3)
    a.signal()
    b.signal()
    c.signal()
    var tokens: Set<UInt64> = []
    for _ in 0..<2 {
      var count = 0
      try poller.wait(atMost: .zero) {
        tokens.insert($0.token)
        count += 1
      }
      #expect(count == 2)
    }
    #expect(tokens == [1, 2, 3])
  }

  @Test(
    arguments: [
      (nil, -1), (Duration.zero, 0), (.seconds(-1), 0), (.nanoseconds(1), 1),
      (.milliseconds(5), 5), (.microseconds(5001), 6), (.seconds(1_000_000_000), 1_000_000_000),
    ] as [(Duration?, Int32)])
  func `timeouts round up and never overflow`(timeout: Duration?, milliseconds: Int32) {
    #expect(PollTimeout.milliseconds(timeout) == milliseconds)
  }
}
