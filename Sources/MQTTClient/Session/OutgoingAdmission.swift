/// Whether a publish may wait, and what makes room for it.
extension OutgoingPublishes {
  /// Takes a message: it leaves at once if nothing is in its way, and waits otherwise.
  mutating func publish(
    _ wish: PublishRequest, _ ids: inout PacketIDs, at now: Duration,
    _ actions: inout [SessionAction]
  ) {
    var request = wish
    let isOnce = request.publish.qos == .atMostOnce
    if let obstacle = obstacle(to: &request) {
      let isNew = isOnce || request.progress == .new
      return actions.append(
        .finished(request.key, isNew ? .notSent(obstacle) : .maybeSent(obstacle)))
    }
    var entry = WaitingPublishes.Entry(
      request: request, acceptedAt: now - request.age, number: nextNumber,
      lane: waiting.lane(request.lane))
    nextNumber += 1
    let isFree = waiting.isEmpty && sending.isEmpty && limits != nil && throttle.allows(at: now)
    let isJudged = isOnce || request.progress == .new
    if isFree, isOnce || hasRoom, start(entry, isJudged: isJudged, &ids, at: now, &actions) {
      return addDeadline(of: entry, at: now)
    }
    entry.bytes = request.publish.contentBytes
    guard makeRoom(for: entry, &actions) else {
      let isNew = isOnce || request.progress == .new
      return actions.append(
        .finished(request.key, isNew ? .notSent(.queueFull) : .maybeSent(.queueFull)))
    }
    waiting.append(entry)
    addDeadline(of: entry, at: now)
    addExpiry(of: entry)
    pump(&ids, at: now, &actions)
  }

  /// What is certain now already to keep the message from being sent.
  ///
  /// A publish of an earlier process is judged when it goes out, because the broker may hold its
  /// identifier.
  mutating func obstacle(to request: inout PublishRequest) -> PublishObstacle? {
    let isOnce = request.publish.qos == .atMostOnce
    if version == .v311, !request.publish.properties.isEmpty {
      request.publish.properties.topicAlias = nil
    }
    if let obstacle = giveTopic(&request.publish) { return obstacle }
    if isOnce, limits == nil, !delivery.queuesQoS0 { return .linkDown }
    guard isOnce || request.progress == .new else { return nil }
    guard request.publish.isExpressible else { return .invalid }
    if delivery.checksUTF8Payloads, !request.publish.isPayloadHonest { return .invalid }
    if let alias = request.publish.properties.topicAlias, delivery.topicAliases == .disabled,
      let maximum = limits?.topicAliasMaximum, alias > maximum
    {
      return .topicAliasTooLarge(maximum: maximum)
    }
    return limits?.obstacleToExpressible(request.publish, version: version)
  }

  /// Replaces the alias of a caller by the topic that it stands for.
  private mutating func giveTopic(_ publish: inout Publish) -> PublishObstacle? {
    guard let alias = publish.properties.topicAlias, alias != 0 else { return nil }
    if publish.topic.isEmpty {
      guard let topic = callersTopics[alias] else { return .topicAliasUnknown }
      publish.topic = topic
    } else if TopicName.isValid(publish.topic) {
      callersTopics[alias] = publish.topic
    }
    return nil
  }

  /// One message of any size always may wait.
  private mutating func makeRoom(
    for entry: WaitingPublishes.Entry, _ actions: inout [SessionAction]
  ) -> Bool {
    func fits(_ waiting: borrowing WaitingPublishes) -> Bool {
      waiting.count < queueMaximum
        && (waiting.isEmpty || waiting.bytes + entry.bytes <= delivery.queuedBytesMaximum)
    }
    while !fits(waiting) {
      guard delivery.overflow == .dropOldest, let oldest = waiting.first,
        waiting[oldest].canBeDropped
      else { return false }
      let key = waiting.remove(oldest).request.key
      actions.append(.finished(key, .notSent(.displaced)))
    }
    return true
  }
}
