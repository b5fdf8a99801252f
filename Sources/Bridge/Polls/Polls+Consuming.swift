import HTTPFront
import Store

/// Polls that consume a named subscription.
extension Polls {
  /// Takes a poll whose subscription keeps its filters granted; on its http thread.
  func consume(
    _ request: StreamRequest, _ opening: StreamOpening, _ terms: PollTerms, _ head: RequestHead
  ) -> Answer {
    var poll = Poll(request: request, terms: terms, head: head)
    poll.opening = opening
    poll.phase = .reading
    poll.isDue = terms.wait == .zero
    insert(poll)
    read(request.stream)
    return .park(deadline: max(terms.wait, Self.grantLimit))
  }

  /// Something has ended this consumer; false when it is no poll.
  func ended(_ id: StreamID, reason: String) -> Bool {
    guard let poll = poll(id) else { return false }
    let name = poll.request.subscription ?? ""
    let problem =
      switch reason {
      case "subscription_deleted": NamedSubscriptions.unknown(name)
      case "subscription_changed":
        Problem(
          .storeBusy, detail: "the subscription has other terms now",
          headers: ["Retry-After": "1"])
      default: Problem(.subscriptionInUse, detail: "another consumer has taken over '\(name)'")
      }
    finish(id, problem.response(to: poll.head))
    return true
  }

  /// Gives back what a poll has had, whose client gets nothing.
  func letGo(_ poll: Poll) {
    ports.close(poll.request.stream)
    if let name = poll.request.subscription { ports.leave(poll.request.stream, name, .done) }
  }

  /// Gives back what a poll has had that gets this answer.
  func letGo(_ poll: Poll, _ response: inout Response) {
    let id = poll.request.stream
    guard let name = poll.request.subscription, poll.terms.acknowledgesWrites,
      response.status == 200, let page = poll.page
    else { return letGo(poll) }
    ports.close(id)
    response.reportsEnd = true
    setLeaving(id, name, through: page.cursor.sequence)
    ports.leave(id, name, .answered)
  }

  /// The answer of a poll is with its client, or never will be.
  func answerEnded(_ request: RequestID, wasSent: Bool) {
    guard let (name, through) = takeLeaving(request.stream) else { return }
    ports.leave(request.stream, name, wasSent ? .sent(through: through) : .done)
  }
}
