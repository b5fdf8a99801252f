import EventLoop
import HTTPFront
import MQTTClient

/// WebSockets that consume a named subscription; on the http thread of the socket.
extension Sockets {
  /// Lets a socket consume a named subscription, which is then all that it follows until it ends.
  func consume(
    _ name: String, _ parameters: StreamParameters, _ socket: Socket, _ ref: JSONValue?,
    _ id: StreamID
  ) throws(Problem) {
    guard let named = wiring.named else { return }
    guard socket.wanted.isEmpty, socket.consumed == nil else { throw Self.standsAlone }
    let known = try named.owned(name, by: socket.pass).terms
    let deliveries = try socket.pass.checkSubscribe(known.filters, known.maximumQoS)
    var terms = Socket.Terms(rateMaximum: parameters.rateMaximum)
    terms.representation.encoding = parameters.representation.encoding
    terms.representation.envelope = parameters.representation.envelope
    guard let reply = try begin(id, ref) else { return }
    let consumption: Consumption
    do throws(Problem) {
      consumption = Consumption(
        try named.attach(
          id, to: name, takeover: parameters.takeover,
          acknowledgesWrites: parameters.acknowledgesWrites))
    } catch {
      if let request = reply.request { end(request) }
      throw error
    }
    var change = StreamChange(
      stream: id, representation: terms.representation, policy: terms.policy,
      rateMaximum: terms.rateMaximum, guard: deliveries, reply: reply)
    change.consumed = consumption
    guard wiring.link?.send(.changeStream(change)) == true else {
      _ = named.detach(id, from: name)
      if let request = reply.request { end(request) }
      throw Problem(
        .storeBusy, detail: "too much is waiting for the broker connection",
        headers: ["Retry-After": "1"])
    }
    part(id.shard).state.withLock { state in
      state.sockets[id]?.consumed = consumption
      state.sockets[id]?.terms = terms
    }
    wiring.openStreams.changed(id, consumption.filters, of: name)
  }

  static var standsAlone: Problem {
    Problem(
      .badParameter, detail: "a named subscription is all that its WebSocket follows",
      hint: "open another WebSocket")
  }

  /// What cannot be asked for together; nil when all is well.
  static func shapeProblem(_ parameters: StreamParameters) -> Problem? {
    let isBare = parameters.representation.envelope == .none
    if isBare, parameters.given.contains(.encoding) {
      return Problem(
        .badParameter, detail: "'encoding' is for envelopes",
        hint: "without one a payload is a binary message, byte for byte")
    }
    let terms = [StreamParameters.Field.takeover, .acknowledgesWrites]
    if parameters.subscription == nil, let lost = terms.first(where: parameters.given.contains) {
      return Problem(.badParameter, detail: "'\(lost.rawValue)' needs 'subscription'")
    }
    return nil
  }
}
