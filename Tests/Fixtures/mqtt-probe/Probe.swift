import MQTTClient

/// Drives one connection after the other by JSON lines on stdin, and tells everything on stdout.
///
/// It serves conformance suites from outside; nothing but the public interface of the client is used.
@main final class Probe {
  private let input = ProbeInput()
  private var connection: MQTTConnection?
  private var authenticator: ProbeAuthenticator?
  private var connecting: Any?
  private var disconnecting = false
  /// What is told once the connection has ended for good, so that the next one may begin.
  private var lastWords: ProbeObject?
  private var operations: [OperationID: Any] = [:]

  static func main() { Probe().run() }

  private func run() {
    input.start()
    while true {
      for line in input.takeLines() { handle(line) }
      if input.isAtEnd { break }
      if let connection {
        if let event = connection.poll() { report(event) }
        if connection.isFinished { forget() }
      } else {
        input.wait()
      }
    }
    connection?.abort()
  }

  private func handle(_ line: String) {
    guard let request = ProbeObject(line: line), let id = request["id"] else {
      return ProbeOutput.write(ProbeObject(["ok": false, "error": "not-json"]))
    }
    do throws(ProbeRefusal) {
      try handle(request, id)
    } catch {
      reply(id, ["ok": false, "error": error.error, "detail": error.detail])
    }
  }

  private func handle(_ request: ProbeObject, _ id: Any) throws(ProbeRefusal) {
    let operation = request.string("op")
    if operation == "connect" { return try connect(request, id) }
    guard let connection else {
      throw ProbeRefusal(error: "closed", detail: "there is no connection")
    }
    switch operation {
    case "subscribe": try subscribe(request, id, connection)
    case "unsubscribe":
      let filters = request["filters"] as? [String] ?? []
      let user = request.object("props")?.userProperties ?? []
      try begin(id) { () throws(ClientError) in
        try connection.tryUnsubscribe(from: filters, userProperties: user)
      }
    case "publish": try publish(request, id, connection)
    case "auth": try authenticate(request, id, connection)
    case "abort":
      connection.abort()
      finish(id)
    case "disconnect":
      disconnecting = true
      connection.disconnect(disconnectPacket(request), within: .seconds(5))
      finish(id)
    default: throw ProbeRefusal(error: "unknown-op", detail: operation ?? "none")
    }
  }

  private func connect(_ request: ProbeObject, _ id: Any) throws(ProbeRefusal) {
    guard connection == nil else {
      throw ProbeRefusal(error: "connected", detail: "there is a connection already")
    }
    let properties = request.object("props")
    let method = properties?.string("authMethod") ?? properties?.string("authenticationMethod")
    let data = properties?.bytes("authData") ?? properties?.bytes("authenticationData")
    authenticator = method.map { ProbeAuthenticator(method: $0, data: data) }
    let options = try ProbeOptions.make(request, authenticator)
    do throws(ClientError) {
      let made = try MQTTConnection(options)
      connection = made
      connecting = id
      disconnecting = false
      input.setWaker(made.waker)
    } catch {
      throw ProbeRefusal(error: "local", detail: error.description)
    }
  }

  private func subscribe(
    _ request: ProbeObject, _ id: Any, _ connection: MQTTConnection
  ) throws(ProbeRefusal) {
    var subscriptions: [Subscription] = []
    for entry in request["filters"] as? [[String: Any]] ?? [] {
      let filter = ProbeObject(entry)
      var made = Subscription(
        filter.string("f") ?? "", maximumQoS: QoS(probe: filter.int("qos") ?? 0) ?? .atMostOnce)
      made.noLocal = filter.bool("nl") ?? false
      made.retainAsPublished = filter.bool("rap") ?? false
      let handling = filter.int("rh").flatMap { UInt8(exactly: $0) }
      made.retainHandling = handling.flatMap { .init(rawValue: $0) } ?? .send
      subscriptions.append(made)
    }
    let properties = request.object("props")
    let identifier = properties?.int("subscriptionId").map { UInt32(clamping: $0) }
    try begin(id) { () throws(ClientError) in
      try connection.trySubscribe(
        to: subscriptions, identifier: identifier,
        userProperties: properties?.userProperties ?? [])
    }
  }

  private func publish(
    _ request: ProbeObject, _ id: Any, _ connection: MQTTConnection
  ) throws(ProbeRefusal) {
    guard let qos = QoS(probe: request.int("qos") ?? 0) else {
      throw ProbeRefusal(error: "invalid", detail: "unknown QoS")
    }
    let message = Message(
      request.string("topic") ?? "", payload: request.bytes("payload") ?? [], qos: qos,
      isRetained: request.bool("retain") ?? false,
      properties: Publish.Properties(request.object("props")))
    try begin(id) { () throws(ClientError) in try connection.tryPublish(message) }
  }

  private func authenticate(
    _ request: ProbeObject, _ id: Any, _ connection: MQTTConnection
  ) throws(ProbeRefusal) {
    guard let authenticator else {
      throw ProbeRefusal(error: "invalid", detail: "connect named no authMethod")
    }
    let data = request.bytes("data")
    if authenticator.answer(data) { return reply(id, ["ok": true]) }
    authenticator.setFirst(data)
    try begin(id) { () throws(ClientError) in try connection.tryReauthenticate() }
  }

  private func begin(
    _ id: Any, _ operation: () throws(ClientError) -> OperationID
  ) throws(ProbeRefusal) {
    do throws(ClientError) {
      operations[try operation()] = id
    } catch {
      throw ProbeRefusal(error: "invalid", detail: error.description)
    }
  }

  private func disconnectPacket(_ request: ProbeObject) -> Disconnect {
    var packet = Disconnect()
    if let code = request.int("code").flatMap({ UInt8(exactly: $0) }) {
      packet.reasonCode = ReasonCode(rawValue: code)
    }
    let properties = request.object("props")
    packet.sessionExpiryInterval = properties?.int("sessionExpiry").map { UInt32(clamping: $0) }
    packet.reasonString = properties?.string("reasonString")
    packet.userProperties = properties?.userProperties ?? []
    return packet
  }

  /// Tells what is still to tell, and then that the connection has ended by our wish.
  private func finish(_ id: Any) {
    disconnecting = true
    while let connection, !connection.isFinished {
      guard let event = connection.poll(for: .seconds(1)) else { break }
      report(event)
    }
    reply(id, ["ok": true])
    forget()
  }

  private func forget() {
    input.setWaker(nil)
    authenticator?.end()
    authenticator = nil
    connection = nil
    for id in operations.values { reply(id, ["ok": false, "error": "closed"]) }
    operations = [:]
    if let id = connecting { reply(id, ["ok": false, "error": "closed"]) }
    connecting = nil
    if let words = lastWords.take() { ProbeOutput.write(words) }
  }

  private func report(_ event: ConnectionEvent) {
    switch event {
    case .message(let message): ProbeOutput.write(message.probeEvent)
    case .published(let operation, let outcome): end(operation, outcome.probeFields)
    case .subscribed(let operation, let grants), .unsubscribed(let operation, let grants):
      end(operation, ["ok": true, "codes": grants.map { Int($0.reasonCode.rawValue) }])
    case .reauthenticated(let operation, let outcome):
      end(operation, ["ok": outcome == .succeeded, "detail": "\(outcome)"])
    case .client(let event): report(event)
    case .packet: break
    }
  }

  private func report(_ event: ClientEvent) {
    switch event {
    case .connected(let info):
      let properties = info.answer.properties.probeObject.fields
      if let id = connecting {
        connecting = nil
        reply(
          id,
          [
            "ok": true, "code": Int(info.answer.reasonCode.rawValue),
            "sessionPresent": info.sessionPresent, "props": properties,
          ])
      } else {
        ProbeOutput.write(
          ProbeObject(["ev": "connected", "sessionPresent": info.sessionPresent]))
      }
    case .disconnected(let failure, _):
      if let words = words(about: failure) { ProbeOutput.write(words) }
    case .gaveUp(let failure): lastWords = words(about: failure)
    default: break
    }
  }

  private func words(about failure: ConnectionFailure) -> ProbeObject? {
    if let id = connecting {
      connecting = nil
      var reply = ProbeObject(failure.probeFields)
      reply["id"] = id
      return reply
    }
    guard !disconnecting else { return nil }
    let code = failure.reasonCode.map { Int($0.rawValue) } ?? 0
    return ProbeObject(["ev": "closed", "error": failure.probeName, "code": code])
  }

  private func end(_ operation: OperationID, _ fields: [String: Any]) {
    if let id = operations.removeValue(forKey: operation) { reply(id, fields) }
  }

  private func reply(_ id: Any, _ fields: [String: Any]) {
    var object = ProbeObject(fields)
    object["id"] = id
    ProbeOutput.write(object)
  }
}
