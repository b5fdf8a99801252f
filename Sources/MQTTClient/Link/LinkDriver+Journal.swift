import EventLoop

// What must be in the session's store first, where there is one.
extension LinkDriver {
  func finished(_ key: UInt64, _ outcome: PublishOutcome) {
    if journal?.finished(key, outcome) != true { report(key, outcome) }
  }

  func publish(_ request: PublishRequest) {
    guard let journal, request.publish.qos > .atMostOnce, session.state != .stopped,
      !session.isDraining
    else { return feed { $0.publish(request, at: $2, &$1) } }
    var request = request
    if let obstacle = session.obstacle(to: &request) {
      return report(request.key, .notSent(obstacle))
    }
    journal.accept(request, at: WallClock.milliseconds())
  }

  func acknowledge(_ token: AckToken, _ reply: DeliveryReply) {
    guard let journal, token.qos == .exactlyOnce, !reply.reasonCode.isFailure,
      session.isOpen(token)
    else { return feed { $0.acknowledge(token, reply, at: $2, &$1) } }
    journal.acknowledge(token, reply)
  }

  /// What waited for the store.
  func carryOut(_ step: LinkJournal.Step) {
    switch step {
    case .publish(let request, _):
      if journal?.wasCancelled(request.key) ?? false { return finished(request.key, .cancelled) }
      feed { $0.publish(request, at: $2, &$1) }
    case .releasePublish(let key): feed { $0.receivedRecorded(key: key, at: $2, &$1) }
    case .restartPublish(let key): feed { $0.restartRecorded(key: key, at: $2, &$1) }
    case .finish(let key, let outcome): report(key, outcome)
    case .acknowledge(let token, let reply): feed { $0.acknowledge(token, reply, at: $2, &$1) }
    case .release(let id): releasedRecorded(id)
    }
  }

  func released(_ id: PacketID) {
    if let journal { journal.release(id) } else { deliver(.released(id)) }
  }

  func releasedRecorded(_ id: PacketID) {
    feed { session, actions, _ in session.releasedRecorded(id, &actions) }
  }
}
