import HTTPFront
import MQTTClient

/// Streams whose filters change while they are open.
///
/// New filters count when the broker has answered for all that were asked for together; until then the
/// stream goes on with what it has.
extension StreamHub {
  /// Filters that an open stream has asked for.
  struct Addition {
    let change: StreamChange
    var filters: [TopicFilter] = []
    var awaited: [SubscriptionIdentifier?] = []
    var answers: [ReasonCode?] = []

    var isAnswered: Bool { answers.allSatisfy { $0 != nil } }

    var followed: [StreamGroups.Filter] {
      filters.indices.compactMap { index in
        guard let identifier = awaited[index], answers[index]?.isFailure != true else { return nil }
        return StreamGroups.Filter(slot: identifier.slot, filter: filters[index])
      }
    }

    mutating func answered(_ identifier: SubscriptionIdentifier, _ reasonCode: ReasonCode) {
      for index in filters.indices where awaited[index] == identifier {
        answers[index] = reasonCode
      }
    }

    mutating func remove(at index: Int) {
      filters.remove(at: index)
      awaited.remove(at: index)
      answers.remove(at: index)
    }
  }

  /// An open stream wants other filters, or other terms for those it has.
  mutating func change(_ change: StreamChange, at now: Duration, _ actions: inout [Action]) {
    let id = change.stream
    guard var stream = streams[id] else { return }
    stream.request.representation = change.representation
    stream.request.policy = change.policy
    stream.request.rateMaximum = change.rateMaximum
    stream.request.guard = change.guard
    for filter in change.removed { remove(filter, from: &stream, at: now) }
    var addition = Addition(change: change)
    for filter in change.added {
      let wantsRetained = change.wantsRetained && !filter.isShared
      let ticket = upstream.acquire(
        filter, maximumQoS: change.qosOfFilter[filter] ?? .atLeastOnce,
        wantsRetained: wantsRetained, &upstreamActions)
      addition.filters.append(filter)
      addition.awaited.append(ticket?.identifier)
      addition.answers.append(ticket == nil ? .quotaExceeded : ticket?.granted)
      guard let ticket else { continue }
      index.insert(ticket.identifier.slot, for: filter)
      if wantsRetained { collectors.add(id, ticket.identifier) }
      if ticket.granted == nil { waiting[ticket.identifier, default: []].insert(id) }
    }
    stream.additions.append(addition)
    streams[id] = stream
    completeChanges(of: id, &actions)
    runUpstream(&actions)
  }

  /// Takes over what is answered, in the order in which it was asked for.
  mutating func completeChanges(of id: StreamID, _ actions: inout [Action]) {
    while var stream = streams[id], stream.isOpen, let next = stream.additions.first,
      next.isAnswered
    {
      stream.additions.removeFirst()
      var added: [TopicFilter] = []
      var refused: [TopicFilter] = []
      for index in next.filters.indices {
        let filter = next.filters[index]
        guard let identifier = next.awaited[index], next.answers[index]?.isFailure == false else {
          refused.append(filter)
          release(next.awaited[index], of: stream.request.stream, lingers: false, at: .zero)
          continue
        }
        added.append(filter)
        stream.request.filters.append(filter)
        stream.request.qosOfFilter[filter] = next.change.qosOfFilter[filter]
        stream.asked.append(Asked(identifier: identifier, answer: next.answers[index]))
      }
      let consumed = next.change.consumed
      if let consumed {
        stream.request.subscription = consumed.name
        stream.consumed = consumed.filters
      }
      regroup(&stream)
      streams[id] = stream
      var opening =
        consumed?.opening
        ?? StreamOpening(
          filters: zip(next.filters, next.answers).map {
            StreamOpening.Filter(filter: $0.text, reasonCode: $1 ?? .unspecifiedError)
          })
      opening.form = stream.request.representation.form
      opening.reply = next.change.reply
      actions.append(
        .changed(
          StreamChanged(
            request: stream.grantedRequest, added: consumed?.filters ?? added, refused: refused,
            start: consumed.map { .cursor($0.cursor) }
              ?? (added.isEmpty ? .live : next.change.start),
            group: stream.group, opening: opening)))
    }
  }

  /// Events up to this one are not for these filters of the stream.
  mutating func raiseFloors(of id: StreamID, _ filters: [TopicFilter], to sequence: Int64) {
    for filter in filters where sequence > 0 { streams[id]?.request.floors[filter] = sequence }
  }

  private mutating func regroup(_ stream: inout Stream) {
    guard let old = stream.group else { return }
    let group = groups.join(
      shard: stream.request.stream.shard, stream.granted, stream.request.representation,
      stream.request.guard)
    groups.leave(old)
    stream.group = group
  }

  private mutating func remove(
    _ filter: TopicFilter, from stream: inout Stream, at now: Duration
  ) {
    let id = stream.request.stream
    if let index = stream.request.filters.firstIndex(of: filter) {
      stream.request.filters.remove(at: index)
      stream.request.qosOfFilter[filter] = nil
      stream.request.floors[filter] = nil
      release(stream.asked.remove(at: index).identifier, of: id, at: now)
    }
    for index in stream.additions.indices {
      guard let place = stream.additions[index].filters.firstIndex(of: filter) else { continue }
      release(stream.additions[index].awaited[place], of: id, at: now)
      stream.additions[index].remove(at: place)
    }
  }

  mutating func release(_ addition: Addition, of request: StreamRequest, at now: Duration) {
    for identifier in addition.awaited { release(identifier, of: request.stream, at: now) }
  }

  private mutating func release(
    _ identifier: SubscriptionIdentifier?, of id: StreamID, lingers: Bool = true, at now: Duration
  ) {
    guard let identifier else { return }
    upstream.release(slot: identifier.slot, at: now, lingers: lingers, &upstreamActions)
    collectors.remove(id, identifier)
    waiting[identifier]?.remove(id)
    if waiting[identifier]?.isEmpty == true { waiting[identifier] = nil }
  }
}
