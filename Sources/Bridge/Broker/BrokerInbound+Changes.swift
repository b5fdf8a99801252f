import HTTPFront

/// Sockets that follow other filters than before.
extension BrokerInbound {
  /// Lets a stream follow other filters, behind what it was sent of those it had.
  ///
  /// A live one goes straight into another group. One that begins with earlier events, or reads the
  /// log anyway, leaves its group and reads what is new to it.
  func change(_ changed: StreamChanged) {
    let request = changed.request
    let id = request.stream
    wiring.sockets?.changed(changed)
    let isPlain = changed.start == .live && !request.follows
    if isPlain, let group = changed.group, !log.replays.contains(id) {
      shards.move(id, group)
      if changed.opening.reply != nil { shards.tell(id, changed.opening) }
      return
    }
    let told = changed.opening.reply == nil ? nil : changed.opening
    var rewind = Replay.Rewind(filters: changed.added, begin: .start(changed.start), told)
    if isPlain, changed.opening.reply != nil {
      shards.tell(id, changed.opening)
    }
    if isPlain {
      rewind = Replay.Rewind(filters: changed.added, begin: .at(shards.position), nil)
    }
    let all = changed.added.isEmpty && (isPlain || told == nil) ? [] : [rewind]
    guard changed.group != nil else { return log.replays.changed(request, all) }
    rewinds[id, default: []] += all
    shards.part(id)
  }
}
