/// What the broker and the application say about publishes that are on their way.
extension OutgoingPublishes {
  mutating func receivedAck(
    _ reply: PublishReply, _ ids: inout PacketIDs, _ actions: inout [SessionAction]
  ) {
    guard let slot = table.slot(of: reply.packetID), isUnacknowledged(slot, .atLeastOnce) else {
      strayCount &+= 1
      return
    }
    poison.acknowledged()
    takeUnacknowledged(slot)
    finish(slot, outcome(of: reply, for: slot), &ids, &actions)
  }

  // A PUBREC can name a packet identifier that is not waiting for it:
  //   1. Unknown: our session is younger than the broker's. PUBREL with "not found" makes the broker
  //      forget it; anything else would bring it back at every reconnect.
  //   2. Already released: the broker repeats itself, so do we.
  //   3. A refusal (0x80 and above) has no answer. [MQTT-4.3.3-4]
  mutating func receivedReceived(
    _ reply: PublishReply, _ ids: inout PacketIDs, at now: Duration,
    _ actions: inout [SessionAction]
  ) {
    guard let slot = table.slot(of: reply.packetID) else {
      strayCount &+= 1
      guard !reply.reasonCode.isFailure else { return }
      let code = version == .v5 ? ReasonCode.packetIdentifierNotFound : .success
      return actions.append(.send(.publishRelease(PublishReply(reply.packetID, code))))
    }
    if isUnacknowledged(slot, .exactlyOnce) {
      poison.acknowledged()
      takeUnacknowledged(slot)
      guard !reply.reasonCode.isFailure else {
        return finish(slot, outcome(of: reply, for: slot), &ids, &actions)
      }
      table[slot].stage = recordsReceived ? .recording : .recorded
      table.links.append(slot, to: &received)
      if recordsReceived { recordingSlots[table[slot].key] = slot }
      actions.append(.received(table[slot].key))
      releaseRecorded(at: now, &actions)
    } else {
      strayCount &+= 1
      guard table[slot].stage == .awaitingComplete, !reply.reasonCode.isFailure else { return }
      actions.append(.send(.publishRelease(PublishReply(reply.packetID))))
    }
  }

  /// The application has recorded that PUBREC came.
  mutating func receivedRecorded(
    key: UInt64, at now: Duration, _ actions: inout [SessionAction]
  ) {
    guard let slot = recordingSlots.removeValue(forKey: key) else { return }
    table[slot].stage = .recorded
    releaseRecorded(at: now, &actions)
  }

  /// The application has recorded that the publish begins again; the next pump sends it.
  mutating func restartRecorded(key: UInt64) {
    guard let slot = restartingSlots.removeValue(forKey: key) else { return }
    table[slot].awaitsRestart = false
  }

  private mutating func releaseRecorded(
    at now: Duration, _ actions: inout [SessionAction]
  ) {
    while let slot = received.first, table[slot].stage == .recorded {
      table.links.remove(slot, from: &received)
      release(slot, at: now, &actions)
    }
  }

  mutating func receivedComplete(
    _ reply: PublishReply, _ ids: inout PacketIDs, _ actions: inout [SessionAction]
  ) {
    guard let slot = table.slot(of: reply.packetID), table[slot].stage == .awaitingComplete else {
      strayCount &+= 1
      return
    }
    table.links.remove(slot, from: &released)
    let outcome =
      table[slot].obstacle.map(PublishOutcome.maybeSent)
      ?? .acknowledged(
        reply.reasonCode, reasonString: reply.reasonString,
        isUncertain: table[slot].isUncertain || reply.reasonCode.isFailure)
    finish(slot, outcome, &ids, &actions)
  }

  /// Also true for one that was sent on an earlier link and not yet on this one.
  private func isUnacknowledged(_ slot: Int32, _ qos: QoS) -> Bool {
    guard table[slot].publish.qos == qos, table[slot].wasSent else { return false }
    switch table[slot].stage {
    case .awaitingAck, .awaitingReceived, .sending: return true
    case .recording, .recorded, .awaitingComplete: return false
    }
  }

  private mutating func takeUnacknowledged(_ slot: Int32) {
    if table[slot].stage == .sending {
      table.links.remove(slot, from: &sending)
    } else {
      table.links.remove(slot, from: &unacknowledged)
    }
  }

  private func outcome(of reply: PublishReply, for slot: Int32) -> PublishOutcome {
    reply.reasonCode.isFailure
      ? .rejected(reply.reasonCode, reasonString: reply.reasonString)
      : .acknowledged(
        reply.reasonCode, reasonString: reply.reasonString, isUncertain: table[slot].isUncertain)
  }
}
