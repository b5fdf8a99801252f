import EventLoop
import HTTPFront
import MQTTClient

/// What WebSockets follow; on the http thread of the socket.
extension Sockets {
  func subscribe(
    _ fields: [GivenField], _ ref: JSONValue?, _ id: StreamID
  ) throws(Problem) {
    let parameters = try StreamParameters(
      fields, fields: StreamParameters.Field.socket,
      topicsMaximum: configuration.streams.topicsPerStream)
    guard !wiring.isDraining else {
      throw Problem(.draining, detail: "the bridge is stopping", headers: ["Retry-After": "1"])
    }
    guard let socket = socket(id) else { return }
    if let problem = Self.shapeProblem(parameters) { throw problem }
    if let name = parameters.subscription {
      return try consume(name, parameters, socket, ref, id)
    }
    guard socket.consumed == nil else { throw Self.standsAlone }
    let wanted =
      socket.wanted
      + parameters.filters.map {
        Socket.Wanted(filter: $0, qos: parameters.qos(of: $0))
      }
    try check(wanted, parameters, of: socket)
    let deliveries = try socket.pass.checkSubscribe(wanted.map { ($0.filter, $0.qos) })
    if let limits = wiring.status.snapshot.limits {
      try StreamRoute.check(parameters.filters, limits)
    }
    let start = try parameters.start.start(header: nil, at: WallClock.milliseconds())
    if start != .live { try socket.pass.checkHistory() }
    let terms = try terms(parameters, wanted, socket, start)
    guard let reply = try begin(id, ref) else { return }
    var change = StreamChange(
      stream: id, added: parameters.filters, representation: terms.representation,
      policy: terms.policy, rateMaximum: terms.rateMaximum, guard: deliveries, reply: reply)
    change.qosOfFilter = Dictionary(
      uniqueKeysWithValues: parameters.filters.map { ($0, parameters.qos(of: $0)) })
    change.wantsRetained = parameters.retained != .ignore && start == .live
    change.start = start
    guard wiring.link?.send(.changeStream(change)) == true else {
      if let request = reply.request { end(request) }
      throw Problem(
        .storeBusy, detail: "too much is waiting for the broker connection",
        headers: ["Retry-After": "1"])
    }
    follows(id, wanted, terms)
    wiring.openStreams.changed(id, wanted.map(\.filter))
    deliver([.whenBehind(id, whenBehind(wanted, terms.policy))], to: id)
  }

  private func check(
    _ wanted: [Socket.Wanted], _ parameters: StreamParameters, of socket: Socket
  ) throws(Problem) {
    let known = parameters.filters.first { filter in
      socket.wanted.contains { $0.filter == filter }
    }
    if let known {
      throw Problem(
        .badParameter, detail: "'\(known.text)' is subscribed to already",
        hint: "unsubscribe it first")
    }
    let maximum = configuration.streams.topicsPerStream
    guard wanted.count <= maximum else {
      throw Problem(
        .tooManySubscriptions, detail: "a WebSocket has at most \(maximum) topic filters")
    }
  }

  /// What all filters of the socket have in common, which is settled by the first ones.
  private func terms(
    _ parameters: StreamParameters, _ wanted: [Socket.Wanted], _ socket: Socket,
    _ start: StreamStart
  ) throws(Problem) -> Socket.Terms {
    var terms = Socket.Terms(policy: parameters.policy, rateMaximum: parameters.rateMaximum)
    terms.representation.encoding = parameters.representation.encoding
    terms.representation.envelope = parameters.representation.envelope
    guard socket.wanted.isEmpty || terms == socket.terms else {
      throw Problem(
        .badParameter,
        detail: "'policy', 'envelope', 'encoding' and 'max_rate' are of the whole WebSocket",
        hint: "unsubscribe the others first, or open another WebSocket")
    }
    let history = configuration.history.filter
    let isKept = wanted.allSatisfy { history.keepsAll(of: $0.filter) }
    if !isKept, terms.rateMaximum != nil || (start != .live && !socket.wanted.isEmpty) {
      let what = terms.rateMaximum != nil ? "'max_rate'" : "to begin with earlier events here"
      throw Problem(
        .badParameter, detail: "\(what) needs topics that history keeps",
        hint: "see the settings history and history_except, or open another WebSocket")
    }
    return terms
  }

  /// What becomes of the socket when it cannot keep up.
  private func whenBehind(_ wanted: [Socket.Wanted], _ policy: OverflowPolicy) -> WhenBehind {
    let history = configuration.history.filter
    switch policy {
    case .catchup, .conflate:
      return wanted.allSatisfy { history.keepsAll(of: $0.filter) } ? .leave : .gap
    case .dropOldest: return .gap
    case .disconnect:
      return .end(StreamFrames.close(reason: "slow", reconnects: true, as: .socket))
    }
  }

  func unsubscribe(_ topics: [String], _ ref: JSONValue?, _ id: StreamID) throws(Problem) {
    guard let socket = socket(id) else { return }
    var removed: [TopicFilter] = []
    for text in topics {
      guard let known = socket.wanted.first(where: { $0.filter.text == text }) else {
        throw Problem(.badParameter, detail: "'\(text)' is not subscribed to")
      }
      if !removed.contains(known.filter) { removed.append(known.filter) }
    }
    guard !removed.isEmpty else {
      throw Problem(.missingTopic, detail: "no topic given", hint: #"{"topics":["a/#"]}"#)
    }
    let wanted = socket.wanted.filter { !removed.contains($0.filter) }
    guard let reply = try begin(id, ref) else { return }
    let terms = wanted.isEmpty ? Socket.Terms() : socket.terms
    var change = StreamChange(
      stream: id, removed: removed, representation: terms.representation, policy: terms.policy,
      rateMaximum: terms.rateMaximum, reply: reply)
    change.guard = try socket.pass.checkSubscribe(wanted.map { ($0.filter, $0.qos) })
    wiring.link?.sendReserved(.changeStream(change))
    follows(id, wanted, terms)
    wiring.openStreams.changed(id, wanted.map(\.filter))
    deliver([.whenBehind(id, whenBehind(wanted, terms.policy))], to: id)
  }
}
