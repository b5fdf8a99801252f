/// A request that waits for its reply, or for several.
final class RequestOperation: Sendable {
  enum Sink: Sendable {
    case one(Completion<Result<Message, ClientError>>)
    case many(MessageQueue)
  }

  let id: UInt64
  let sink: Sink
  /// On the clock of the link.
  let deadline: Duration
  /// Told on the link's thread where the answer shall go, or nil when it will not come to that.
  let ready: @Sendable (RequestOperation, ReplyAddress?) -> Void

  init(
    id: UInt64, _ sink: Sink, deadline: Duration,
    ready: @escaping @Sendable (RequestOperation, ReplyAddress?) -> Void
  ) {
    self.id = id
    self.sink = sink
    self.deadline = deadline
    self.ready = ready
  }

  /// A reply; true when no other is expected.
  func received(_ message: Message) -> Bool {
    switch sink {
    case .one(let completion):
      completion.resolve(.success(message))
      return true
    case .many(let queue):
      _ = queue.add([QueuedMessage(message: message, settlement: .nothing)])
      return false
    }
  }

  func fail(_ error: ClientError) {
    switch sink {
    case .one(let completion): completion.resolve(.failure(error))
    case .many(let queue): queue.end(error == .deadlinePassed ? .finished : .failed(error))
    }
  }

  var isOver: Bool {
    switch sink {
    case .one(let completion): completion.value != nil
    case .many(let queue): queue.isEnded
    }
  }
}

/// Where the answer to a request shall go. [MQTT 5.0, 4.10]
public struct ReplyAddress: Equatable, Sendable {
  /// The topic for the answer.
  public let topic: String
  /// What the answer must carry along; for MQTT 3.1.1 the topic says it all.
  public let correlationData: Bytes
}

/// The requests of a client that wait for replies; on the link's thread.
///
///     idle ──first request──▶ waiting for a connection ──▶ subscribing ──SUBACK──▶ ready
///
/// All replies come under one subscription. With MQTT 5 they are told apart by correlation data, with
/// MQTT 3.1.1 by a topic of its own for each request.
final class RequestTable {
  private enum Stage { case idle, offline, subscribing, ready }

  private let port: ClientPort
  private let version: ProtocolVersion
  private var stage = Stage.idle
  private var isConnected = false
  private var prefix = ""
  private var open: [UInt64: RequestOperation] = [:]
  /// Requests that cannot be sent yet.
  private var waiting: [RequestOperation] = []
  /// Replies to nothing that is open.
  private(set) var strayCount = 0

  init(_ port: ClientPort, version: ProtocolVersion) {
    self.port = port
    self.version = version
  }

  func begin(_ operation: RequestOperation, _ client: ClientApplication, _ link: LinkContext) {
    guard !operation.isOver else { return }
    client.deadlines.add(at: operation.deadline, isNeeded: { !operation.isOver }) { [weak self] in
      self?.end(operation, .deadlinePassed)
    }
    open[operation.id] = operation
    switch stage {
    case .ready: send(operation)
    case .offline, .subscribing: waiting.append(operation)
    case .idle:
      waiting.append(operation)
      stage = .offline
      if case .connected(let info) = port.state { up(info, client, link) }
    }
  }

  /// There is a connection, whose broker may name the topics that replies must have.
  func up(_ info: ConnectionInfo, _ client: ClientApplication, _ link: LinkContext) {
    guard stage == .offline else { return }
    stage = .subscribing
    let random = UInt64.random(in: .min ... .max)
    prefix = "\(info.responseInformation ?? "reply")/\(String(random, radix: 36))"
    let text = version == .v5 ? prefix : "\(prefix)/+"
    guard let filter = try? TopicFilter(text) else {
      return answered(.failure(.invalidTopic(text)))
    }
    let subscription = Subscription(text, noLocal: false, retainHandling: .ignore)
    let operation = SubscribeOperation([filter], [subscription], .replies) { [port] answer in
      port.perform { client, _ in client.requests.answered(answer) }
    }
    client.delivering.subscribe(operation, link)
  }

  private func answered(_ answer: SubscribeOperation.Answer) {
    let requests = exchange(&waiting, with: [])
    switch answer {
    case .success:
      stage = .ready
      for operation in requests where !operation.isOver { send(operation) }
    case .failure(let error):
      stage = .idle
      for operation in requests { end(operation, error) }
    }
  }

  private func send(_ operation: RequestOperation) {
    let id = operation.id
    let correlationData = Bytes((0..<8).map { UInt8(truncatingIfNeeded: id >> (56 - 8 * $0)) })
    let topic = version == .v5 ? prefix : "\(prefix)/\(id)"
    operation.ready(
      operation, ReplyAddress(topic: topic, correlationData: correlationData))
  }

  /// A message under the topics of replies.
  func received(_ message: Message) {
    guard let id = requestID(of: message), let operation = open[id] else {
      strayCount += 1
      return
    }
    if operation.received(message) { open[id] = nil }
  }

  private func requestID(of message: Message) -> UInt64? {
    if let data = message.correlationData {
      return data.count == 8 ? data.reduce(0) { $0 << 8 | UInt64($1) } : nil
    }
    return message.topic.split(separator: "/").last.flatMap { UInt64($0) }
  }

  /// Nobody waits for replies to this request any more.
  func end(_ operation: RequestOperation, _ error: ClientError) {
    open[operation.id] = nil
    waiting.removeAll { $0 === operation }
    operation.fail(error)
    operation.ready(operation, nil)
  }

  func stopped() {
    for operation in open.values {
      operation.fail(.stopped)
      operation.ready(operation, nil)
    }
    open.removeAll()
    waiting.removeAll()
  }
}

extension PublishOutcome {
  /// Whether the message went out: to the system at QoS 0, to the broker at QoS 1 and 2.
  public var isSuccess: Bool {
    switch self {
    case .sent, .acknowledged: true
    case .rejected, .expired, .cancelled, .notSent, .maybeSent: false
    }
  }
}
