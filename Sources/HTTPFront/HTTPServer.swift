import EventLoop
import Synchronization

/// The HTTP server: one or more listeners, several http threads that share nothing.
///
/// A request or stream belongs to the thread that accepted it; other threads reach it through
/// that thread's bounded mailbox. A server that was started runs until `stop`.
package final class HTTPServer: Sendable {
  private enum Phase {
    case bound
    case running([LoopThread])
    case ended
  }

  /// The ports in use, also when the system chose them: one for each listener, 0 for a socket in
  /// the file system.
  package let ports: [Int]
  private let options: HTTPServerOptions
  private let listeners: [HTTPListener]
  private let listening: [ListenSockets]
  private let quotas: Quotas
  private let shards: [ShardPort]
  private let phase: Locked<Phase>

  /// Takes the address of the options; connections wait until `start`.
  package convenience init(
    options: HTTPServerOptions, application: any HTTPApplication
  ) throws(HTTPServerError) {
    let address = HTTPListener.Address.tcp(host: options.host, port: options.port)
    try self.init(
      options: options, listeners: [HTTPListener(address, application: application)])
  }

  /// Takes the addresses of all listeners; connections wait until `start`.
  package init(
    options: HTTPServerOptions, listeners: [HTTPListener]
  ) throws(HTTPServerError) {
    precondition(options.threads > 0, "\(options.threads) http threads")
    precondition(!listeners.isEmpty, "a server without listeners")
    for listener in listeners where listener.tls != nil {
      guard case .tcp = listener.address else {
        preconditionFailure("TLS on a socket in the file system")
      }
    }
    self.options = options
    self.listeners = listeners
    quotas = Quotas(options)
    var shards: [ShardPort] = []
    for index in 0..<options.threads {
      shards.append(try ShardPort(index: index, commandsMax: options.commandsMax))
    }
    self.shards = shards
    var listening: [ListenSockets] = []
    do throws(HTTPServerError) {
      for listener in listeners {
        listening.append(try ListenSockets(listener.address, count: options.threads))
      }
    } catch {
      for sockets in listening { sockets.close() }
      throw error
    }
    self.listening = listening
    ports = listening.map(\.port)
    phase = Locked(.bound)
  }

  deinit {
    phase.withLock { phase in
      guard case .bound = phase else { return }
      for sockets in listening { sockets.close() }
    }
  }

  /// The port of the first listener.
  package var port: Int { ports[0] }

  package var shardCount: Int { shards.count }

  /// Starts the http threads.
  package func start() throws(HTTPServerError) {
    guard case .bound = phase.withLock({ exchange(&$0, with: .ended) }) else {
      preconditionFailure("an HTTP server starts once")
    }
    var threads: [LoopThread] = []
    var startedCount = 0
    do throws(HTTPServerError) {
      for shard in shards {
        let sockets = listening.map { $0.sockets[shard.index] }
        startedCount += 1
        threads.append(try Shard.start(shard, sockets, options, quotas, listeners))
      }
    } catch {
      for sockets in listening { ListenSockets.close(Array(sockets.sockets[startedCount...])) }
      removeFiles()
      for shard in shards { shard.mailbox.sendReserved(.stop(deadline: .zero)) }
      for thread in threads { thread.join() }
      throw error
    }
    phase.withLock { $0 = .running(threads) }
  }

  /// Answers a parked request; from any thread, ignored if it is gone or answered already.
  package func answer(_ id: RequestID, with response: Response) {
    mailbox(id.shard)?.sendReserved(.answer(serial: id.serial, response))
  }

  /// Answers several parked requests, with one wake-up for each of their threads.
  package func answer(_ answers: [(id: RequestID, response: Response)]) {
    for shard in shards {
      var messages: [ShardMessage] = []
      for (id, response) in answers where id.shard == shard.index {
        messages.append(.answer(serial: id.serial, response))
      }
      shard.mailbox.sendReserved(contentsOf: messages)
    }
  }

  /// Turns a parked request into the stream `id.stream`; from any thread.
  package func answer(_ id: RequestID, with head: StreamHead) {
    mailbox(id.shard)?.sendReserved(.stream(serial: id.serial, head))
  }

  /// Turns a parked request into the WebSocket `id.stream`, or answers why not; from any thread.
  package func answer(_ id: RequestID, with head: WebSocketHead) {
    mailbox(id.shard)?.sendReserved(.upgrade(serial: id.serial, head))
  }

  /// Reads on a body whose `BodyFlow` was `.pause`; from any thread.
  package func resumeBody(_ id: RequestID) {
    mailbox(id.shard)?.sendReserved(.resumeBody(serial: id.serial))
  }

  /// Lets the application answer a parked request once more, on its thread; from any thread.
  package func handleAgain(_ id: RequestID) {
    mailbox(id.shard)?.sendReserved(.again(serial: id.serial))
  }

  /// Hands commands to the streams of one thread, all or none; from any thread.
  ///
  /// False when too many wait there already: the caller must slow down what feeds it. False
  /// for ever once the server has stopped.
  package func send(_ commands: [StreamCommand], toShard shard: Int) -> Bool {
    mailbox(shard)?.send(contentsOf: commands.map { .command($0) }) ?? false
  }

  /// Hands commands to the streams of one thread, whose number the caller bounds; from any thread.
  ///
  /// For a stream's own frames, of which the next ones come only once these are written.
  package func deliver(_ commands: [StreamCommand], toShard shard: Int) {
    for command in commands { mailbox(shard)?.sendReserved(.command(command)) }
  }

  /// Shows another identity to the clients of a listener with TLS that connect from now on; from any
  /// thread.
  ///
  /// Connections and streams that are open stay as they are.
  package func replaceIdentity(_ identity: TLSIdentity, ofListener index: Int) {
    precondition(listeners[index].tls != nil, "listener \(index) has no TLS")
    for shard in shards {
      shard.mailbox.sendReserved(.identity(identity, listener: index))
    }
  }

  /// Accepts no further connections; those that are there are closed behind their next answer.
  ///
  /// One that brings no request within `patience` is closed then: who uses it again at once gets an
  /// answer and not the end of a connection. The rest goes on.
  package func quiesce(patience: Duration) {
    removeFiles()
    for shard in shards { shard.mailbox.sendReserved(.quiesce(patience: patience)) }
  }

  /// Ends everything, and returns at once; `join` waits.
  ///
  /// Parked requests are answered 503 `draining`, streams get their closing frame, and what has
  /// not gone after `deadline` is cut.
  package func stop(deadline: Duration) {
    removeFiles()
    let end = MonotonicClock.now() + deadline
    for shard in shards { shard.mailbox.sendReserved(.stop(deadline: end)) }
  }

  /// Waits until every http thread has ended after `stop`.
  package func join() {
    let threads: [LoopThread] = phase.withLock { phase in
      guard case .running(let threads) = phase else { return [] }
      return threads
    }
    for thread in threads { thread.join() }
  }

  /// The figures of one thread; from any thread.
  package func statistics(ofShard index: Int) -> HTTPShardStatistics {
    let shard = shards[index]
    let counters = shard.counters
    return HTTPShardStatistics(
      connections: counters.connections.load(ordering: .relaxed),
      parkedRequests: counters.parkedRequests.load(ordering: .relaxed),
      streams: counters.streams.load(ordering: .relaxed),
      laggingStreams: counters.laggingStreams.load(ordering: .relaxed),
      ringBytes: counters.ringBytes.load(ordering: .relaxed),
      commandsWaiting: shard.mailbox.count,
      commandsMax: shard.mailbox.capacity,
      requestsTotal: counters.requestsTotal.load(ordering: .relaxed),
      gapsTotal: counters.gapsTotal.load(ordering: .relaxed),
      lagsTotal: counters.lagsTotal.load(ordering: .relaxed),
      bodyBytes: quotas.bodyBytes.used,
      turnsTotal: counters.turnsTotal.load(ordering: .relaxed),
      lastTurn: .milliseconds(counters.lastTurn.load(ordering: .relaxed)))
  }

  /// Makes sockets in the file system vanish, so that nobody connects in vain.
  private func removeFiles() {
    for sockets in listening { sockets.file?.remove() }
  }

  private func mailbox(_ shard: Int) -> Mailbox<ShardMessage>? {
    shards.indices.contains(shard) ? shards[shard].mailbox : nil
  }
}
