/// What runs beside the MQTT session, on the thread of the link.
///
/// Every call comes from that thread, one at a time, and must not block. What a call asks of the
/// `LinkContext` is carried out after the call has returned, in the order it was asked.
package protocol LinkApplication: AnyObject, SendableMetatype {
  /// What other threads send to it through `Link.send`.
  associatedtype Message: Sendable

  /// When `deadlineReached` is wanted, on the clock of `LinkContext.now`; nil for never.
  var nextDeadline: Duration? { get }

  /// The first call; the link starts to connect after it.
  func started(_ link: LinkContext)

  /// A message from another thread.
  func handle(_ message: Message, _ link: LinkContext)

  /// Something happened to the session; `.stopped` is the last call of all.
  func received(_ event: LinkEvent, _ link: LinkContext)

  /// The time of `nextDeadline` has come.
  func deadlineReached(_ link: LinkContext)

  /// Everything that this wake-up brought has been handled: the moment to pass on what was
  /// collected, as one batch.
  func turnEnded(_ link: LinkContext)
}

extension LinkApplication {
  package var nextDeadline: Duration? { nil }
  package func started(_ link: LinkContext) {}
  package func deadlineReached(_ link: LinkContext) {}
  package func turnEnded(_ link: LinkContext) {}
}
