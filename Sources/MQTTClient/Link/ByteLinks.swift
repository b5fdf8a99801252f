package import EventLoop

/// Byte streams to the broker, each for one client of somebody else, all on one thread.
///
///     open ─▶ connecting ─opened─▶ open ─close, end of the peer, error─▶ closed
///
/// Each is reached as the options say: server, address, TLS, proxy and WebSocket; nothing is said on it but
/// what the application sends. Other threads talk to the application by `send`.
package final class ByteLinks<Message: Sendable>: Sendable {
  enum Command: Sendable {
    case message(Message)
    case stop
  }

  private let options: ClientOptions
  private let mailboxes: LinkMailboxes<Command>
  private let makeApplication: @Sendable () -> any ByteLinkApplication<Message>
  private let thread = Locked<LoopThread?>(nil)

  /// `makeApplication` runs on the thread of the streams.
  package init(
    _ options: ClientOptions,
    makeApplication: @escaping @Sendable () -> any ByteLinkApplication<Message>
  ) throws(SystemError) {
    self.options = options
    self.makeApplication = makeApplication
    mailboxes = try LinkMailboxes(capacity: 1024)
  }

  /// Starts the thread; once.
  package func start() throws(SystemError) {
    let started = try LoopThread(name: "mqtt-tunnel") { [options, mailboxes, makeApplication] in
      guard let loop = try? ByteLinkLoop(options, mailboxes, makeApplication()) else {
        return mailboxes.application.close()
      }
      loop.run()
    }
    thread.withLock { $0 = started }
  }

  /// Sends a message whose number is bounded by its sender; false only when the thread has ended.
  @discardableResult
  package func send(_ message: Message) -> Bool {
    mailboxes.application.sendReserved(.message(message))
  }

  /// Cuts all streams and waits for the end of the thread.
  package func stop() {
    mailboxes.application.sendReserved(.stop)
    thread.withLock { $0 }?.join()
  }
}

/// What uses the streams; only on their thread.
package protocol ByteLinkApplication<Message>: AnyObject {
  associatedtype Message: Sendable

  func handle(_ message: Message, _ links: ByteLinkContext)
  /// Something happened on a stream that was opened; nothing comes after `.closed`.
  func received(_ event: ByteLinkEvent, on number: UInt64, _ links: ByteLinkContext)
}

package enum ByteLinkEvent: Equatable, Sendable {
  case received([UInt8])
  /// Some of what was sent has left, and this much waits.
  case sent(waiting: Int)
  case closed(String)
}

/// The application's hold on its streams; only on their thread.
///
/// What it asks for is done when its call has returned.
package final class ByteLinkContext {
  enum Request {
    case open(UInt64)
    case send(UInt64, [UInt8])
    case pauseReading(UInt64, Bool)
    case close(UInt64)
  }

  var requests: [Request] = []

  /// Opens a stream with a number that no other has had.
  package func open(_ number: UInt64) { requests.append(.open(number)) }

  package func send(_ bytes: [UInt8], on number: UInt64) { requests.append(.send(number, bytes)) }

  package func pauseReading(_ isPaused: Bool, of number: UInt64) {
    requests.append(.pauseReading(number, isPaused))
  }

  /// Ends a stream once what was sent has left.
  package func close(_ number: UInt64) { requests.append(.close(number)) }
}
