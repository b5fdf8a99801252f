/// What becomes of publishes that are on their way when links and sessions end.
extension OutgoingPublishes {
  mutating func linkLost(_ actions: inout [SessionAction]) {
    limits = nil
    throttledUntil = nil
    var next = unacknowledged.first
    while let slot = next {
      table[slot].stage = .sending
      next = table.links.slot(after: slot)
    }
    table.links.prepend(&unacknowledged, to: &sending)
    guard !delivery.queuesQoS0 else { return }
    while let entry = waiting.popOnce() {
      actions.append(.finished(entry.request.key, .notSent(.linkDown)))
    }
  }

  /// The broker accepted a connection.
  ///
  /// If it still has the session, PUBREL goes out again now, and each PUBLISH as the window allows.
  /// [MQTT-4.4.0-1] If not, every message is new to it.
  mutating func linkAccepted(
    _ limits: BrokerLimits, _ continuity: SessionContinuity, _ ids: inout PacketIDs,
    at now: Duration, _ actions: inout [SessionAction]
  ) {
    self.limits = limits
    poison.linkAccepted()
    let aliasMaximum = min(limits.topicAliasMaximum, delivery.topicAliasMaximum)
    aliases = OutgoingTopicAliases(
      delivery.topicAliases,
      maximum: delivery.topicAliases == .disabled ? limits.topicAliasMaximum : aliasMaximum)
    switch continuity {
    case .lost: return sessionLost(&ids, &actions)
    case .doubtful:
      for slot in table.slotsInOrder() where table[slot].wasSent { table[slot].isUncertain = true }
    case .kept: break
    }
    var next = released.first
    while let slot = next {
      sendRelease(slot, at: now, &actions)
      next = table.links.slot(after: slot)
    }
  }

  private mutating func sessionLost(
    _ ids: inout PacketIDs, _ actions: inout [SessionAction]
  ) {
    wasSessionLost = true
    sending = SlotList()
    received = SlotList()
    released = SlotList()
    recordingSlots.removeAll(keepingCapacity: true)
    for slot in table.slotsInOrder() {
      let entry = table[slot]
      if let obstacle = entry.obstacle {
        finish(slot, .maybeSent(obstacle), &ids, &actions)
        continue
      }
      if delivery.sessionLoss == .report, entry.wasSent || entry.isUncertain {
        finish(slot, .maybeSent(.sessionLost), &ids, &actions)
        continue
      }
      switch entry.stage {
      case .recording, .recorded, .awaitingComplete: restart(slot, &actions)
      case .sending, .awaitingAck, .awaitingReceived: break
      }
      table[slot].isUncertain = entry.isUncertain || entry.wasSent
      table[slot].wasSent = false
      table[slot].stage = .sending
      table.links.append(slot, to: &sending)
    }
  }

  /// Ends everything, because the session will not go on.
  mutating func stopped(_ ids: inout PacketIDs, _ actions: inout [SessionAction]) {
    endAll(.stopped, &ids, &actions)
  }

  mutating func endAll(
    _ obstacle: PublishObstacle, _ ids: inout PacketIDs, _ actions: inout [SessionAction]
  ) {
    limits = nil
    throttledUntil = nil
    sending = SlotList()
    unacknowledged = SlotList()
    received = SlotList()
    released = SlotList()
    recordingSlots.removeAll()
    for slot in table.slotsInOrder() {
      finish(slot, table[slot].outcome(of: obstacle), &ids, &actions)
    }
    while let head = waiting.popFirst() {
      guard !head.isAnswered else {
        actions.append(.settled(head.request.key))
        continue
      }
      actions.append(.finished(head.request.key, head.outcome(of: obstacle)))
    }
    deadlines.removeAll()
  }
}
