import EventLoop
import Glibc
import Synchronization
import Testing

@Suite struct MailboxTests {
  @Test func `messages come out in the order they were sent`() throws {
    let mailbox = try Mailbox<Int>(capacity: 3)
    #expect(mailbox.send(1))
    #expect(mailbox.send(contentsOf: [2, 3]))
    var messages: [Int] = []
    #expect(mailbox.receive(into: &messages))
    #expect(messages == [1, 2, 3])
  }

  @Test func `a full mailbox refuses and keeps nothing`() throws {
    let mailbox = try Mailbox<Int>(capacity: 2)
    #expect(mailbox.send(1))
    #expect(mailbox.send(2))
    #expect(!mailbox.send(3))
    #expect(mailbox.count == 2)
  }

  @Test func `a sender can want fewer before it than the mailbox holds`() throws {
    let mailbox = try Mailbox<Int>(capacity: 3)
    #expect(mailbox.leave(1, ifFewerThan: 2))
    #expect(mailbox.leave(2, ifFewerThan: 2))
    #expect(!mailbox.leave(3, ifFewerThan: 2))
    #expect(mailbox.sendReserved(3))
    #expect(!mailbox.leave(4, ifFewerThan: 3))
    #expect(mailbox.leave(4, ifFewerThan: 9))
    #expect(!mailbox.leave(5, ifFewerThan: 9), "the mailbox is full")
    #expect(mailbox.count == 4)
    mailbox.close()
    #expect(!mailbox.leave(6, ifFewerThan: 9), "the mailbox is closed")
  }

  @Test func `the owner is woken once for the messages that were left`() throws {
    let mailbox = try Mailbox<Int>(capacity: 5)
    var messages: [Int] = []
    mailbox.wakeOwner()
    #expect(!isReadable(mailbox.descriptor), "nothing is there to be woken for")
    #expect(mailbox.leave(1, ifFewerThan: 9))
    #expect(mailbox.leave(2, ifFewerThan: 9))
    #expect(!isReadable(mailbox.descriptor))
    mailbox.wakeOwner()
    #expect(isReadable(mailbox.descriptor))
    #expect(mailbox.receive(into: &messages))
    #expect(messages == [1, 2])
    #expect(!isReadable(mailbox.descriptor))
    mailbox.wakeOwner()
    #expect(!isReadable(mailbox.descriptor), "they are taken")
  }

  @Test func `a message that wakes the owner brings those that were left with it`() throws {
    let mailbox = try Mailbox<Int>(capacity: 5)
    #expect(mailbox.leave(1, ifFewerThan: 9))
    #expect(mailbox.send(2))
    #expect(isReadable(mailbox.descriptor))
    var messages: [Int] = []
    #expect(mailbox.receive(into: &messages))
    #expect(messages == [1, 2])
  }

  @Test func `several messages fit all or none`() throws {
    let mailbox = try Mailbox<Int>(capacity: 3)
    #expect(mailbox.send(contentsOf: [1, 2]))
    #expect(!mailbox.send(contentsOf: [3, 4]))
    #expect(mailbox.send(contentsOf: []))
    #expect(mailbox.send(3))
    var messages: [Int] = []
    _ = mailbox.receive(into: &messages)
    #expect(messages == [1, 2, 3])
  }

  @Test func `a reserved message enters a full mailbox and takes nobody's place`() throws {
    let mailbox = try Mailbox<Int>(capacity: 2)
    #expect(mailbox.sendReserved(0))
    #expect(mailbox.send(contentsOf: [1, 2]))
    #expect(mailbox.sendReserved(3))
    #expect(!mailbox.send(4))
    #expect(mailbox.count == 4)
  }

  @Test func `receiving makes room again`() throws {
    let mailbox = try Mailbox<Int>(capacity: 1)
    var messages: [Int] = []
    for round in 0..<3 {
      #expect(mailbox.send(round))
      #expect(!mailbox.send(-1))
      _ = mailbox.receive(into: &messages)
      #expect(messages == [round])
      messages.removeAll()
    }
  }

  @Test func `a closed mailbox refuses everything but gives out what it holds`() throws {
    let mailbox = try Mailbox<Int>(capacity: 4)
    #expect(mailbox.send(1))
    mailbox.close()
    #expect(!mailbox.send(2))
    #expect(!mailbox.send(contentsOf: [2]))
    #expect(!mailbox.sendReserved(2))
    var messages: [Int] = []
    #expect(mailbox.receive(into: &messages))
    #expect(messages == [1])
    messages.removeAll()
    #expect(!mailbox.receive(into: &messages))
    #expect(messages.isEmpty)
  }

  @Test func `the descriptor is readable exactly while messages wait`() throws {
    let mailbox = try Mailbox<Int>(capacity: 4)
    #expect(!isReadable(mailbox.descriptor))
    #expect(mailbox.send(1))
    #expect(mailbox.send(2))
    #expect(isReadable(mailbox.descriptor))
    var messages: [Int] = []
    _ = mailbox.receive(into: &messages)
    #expect(!isReadable(mailbox.descriptor))
  }

  @Test func `closing wakes the owner once`() throws {
    let mailbox = try Mailbox<Int>(capacity: 4)
    mailbox.close()
    mailbox.wait()
    var messages: [Int] = []
    #expect(!mailbox.receive(into: &messages))
    #expect(!isReadable(mailbox.descriptor))
  }

  @Test func `an owner that takes the last messages is woken once more for the end`() throws {
    let mailbox = try Mailbox<Int>(capacity: 4)
    #expect(mailbox.send(1))
    mailbox.close()
    var messages: [Int] = []
    #expect(mailbox.receive(into: &messages))
    #expect(isReadable(mailbox.descriptor))
    messages = []
    #expect(!mailbox.receive(into: &messages))
    #expect(!isReadable(mailbox.descriptor))
  }

  @Test func `waiting for nothing ends at the timeout`() throws {
    let mailbox = try Mailbox<Int>(capacity: 4)
    mailbox.wait(atMost: .zero)
    mailbox.wait(atMost: .milliseconds(1))
    #expect(mailbox.count == 0)
  }

  @Test func `no wake-up is lost and none is left over with many senders`() throws {
    let (senders, each) = (4, 20_000)
    let mailbox = try Mailbox<Int>(capacity: 64)
    let threads = try (0..<senders).map { _ throws(SystemError) in
      try LoopThread(name: "sender") {
        for number in 0..<each {
          while !mailbox.send(number) { sched_yield() }
        }
      }
    }
    var sum = 0
    var received = 0
    var messages: [Int] = []
    while received < senders * each {
      // An infinite wait: a lost wake-up would hang here and not be hidden by a retry.
      mailbox.wait()
      _ = mailbox.receive(into: &messages)
      received += messages.count
      sum += messages.reduce(0, +)
      messages.removeAll(keepingCapacity: true)
    }
    for thread in threads { thread.join() }
    #expect(sum == senders * each * (each - 1) / 2)
    _ = mailbox.receive(into: &messages)
    #expect(messages.isEmpty)
    #expect(!isReadable(mailbox.descriptor))
  }

  @Test func `a signal that comes after its message was taken is not left over`() throws {
    let requests = try Mailbox<Int>(capacity: 1)
    let mailbox = try Mailbox<Int>(capacity: 1)
    let completed = Atomic(0)
    let sender = try LoopThread(name: "sender") {
      var rounds: [Int] = []
      while true {
        requests.wait()
        guard requests.receive(into: &rounds) else { return }
        for round in rounds { _ = mailbox.send(round) }
        completed.add(rounds.count, ordering: .sequentiallyConsistent)
        rounds.removeAll()
      }
    }
    var messages: [Int] = []
    for round in 1...5000 {
      #expect(requests.send(round))
      // Without waiting, so that the message is often taken before its signal is sent.
      while messages.isEmpty { _ = mailbox.receive(into: &messages) }
      messages.removeAll()
      while completed.load(ordering: .sequentiallyConsistent) < round { sched_yield() }
      _ = mailbox.receive(into: &messages)
      #expect(!isReadable(mailbox.descriptor))
    }
    requests.close()
    sender.join()
  }

  @Test func `receiving into a batch that is not handled yet traps`() async {
    await #expect(processExitsWith: .failure) {
      let mailbox = try Mailbox<Int>(capacity: 1)
      var messages = [1]
      _ = mailbox.receive(into: &messages)
    }
  }
}

/// Whether a read would not block, asked without waiting.
func isReadable(_ descriptor: Int32) -> Bool {
  var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
  return unsafe poll(&entry, 1, 0) > 0
}
