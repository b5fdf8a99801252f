import HTTPFront
import Store

/// Consumers of a shared subscription: each page is only for one of them.
extension Replays {
  /// One page for one consumer, on the reader thread.
  func share(
    _ work: NamedSubscriptions.SharedWork, _ replay: Replay, _ request: StreamRequest,
    _ reader: EventReader, _ commands: [StreamCommand]
  ) throws(StoreError) {
    let id = request.stream
    let name = request.subscription ?? ""
    let head = position.last
    var commands = commands
    var page = ReplayPage(after: head, request, epoch: resolver.epoch, bytesMax: pageBytes)
    do throws(StoreError) {
      switch work {
      case .nothing: break
      case .some(.again(let events)):
        try page.read(reader, events: events)
        // What history has dropped in the meantime cannot be given to anybody.
        for event in Set(events).subtracting(page.taken) {
          _ = named.withDispatch(of: name) { $0.acknowledge(event) }
        }
      case .some(.next(let after, let atMost)):
        let time = try reader.time(of: after) ?? head.time
        page = ReplayPage(
          after: LoggedEvent(sequence: after, time: time), request, epoch: resolver.epoch,
          bytesMax: pageBytes)
        try page.read(reader, through: head.sequence, eventsMax: atMost)
        let (taken, through) = (page.taken, page.cursor.sequence)
        named.given(taken, through: through, to: id, of: name)
      }
    } catch {
      if case .some(.next) = work { _ = named.withDispatch(of: name) { $0.readFailed() } }
      // What it holds and was not given goes to whoever reads next.
      if case .some(.again) = work { _ = named.withDispatch(of: name) { $0.left(id) } }
      throw error
    }
    if !named.isAttached(id, to: name) {
      // It left while we read: what it was given is for the others.
      _ = named.withDispatch(of: name) { $0.left(id) }
      return headMoved()
    }
    if !page.frames.isEmpty { commands.append(.replay(id, page.frames)) }
    finish(id, replay, page, through: head.sequence, commands)
    if case .some(.next) = work, page.cursor.sequence < head.sequence { headMoved() }
  }
}
