import DequeModule

/// What becomes of publishes that are on their way when links and sessions end.
extension OutgoingPublishes {
  mutating func linkLost() {
    limits = nil
    var next = unacknowledged.first
    while let slot = next {
      table[slot].stage = .sending
      next = table.links.slot(after: slot)
    }
    table.links.prepend(&unacknowledged, to: &sending)
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
      switch entry.stage {
      case .recording, .recorded, .awaitingComplete: actions.append(.restarted(entry.key))
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
    limits = nil
    sending = SlotList()
    unacknowledged = SlotList()
    received = SlotList()
    released = SlotList()
    recordingSlots.removeAll()
    for slot in table.slotsInOrder() {
      let wasSent = table[slot].wasSent || table[slot].isUncertain
      finish(slot, wasSent ? .maybeSent(.stopped) : .notSent(.stopped), &ids, &actions)
    }
    while let head = waiting.popFirst() {
      let isNew = head.request.progress == .new
      let outcome = isNew ? PublishOutcome.notSent(.stopped) : .maybeSent(.stopped)
      actions.append(.finished(head.request.key, outcome))
    }
  }
}
