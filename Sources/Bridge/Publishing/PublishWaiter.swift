import HTTPFront

/// Who waits for one message: a request, one message of a request that has several, or
/// one that wants replies.
enum PublishWaiter: Hashable, Sendable {
  case request(RequestID)
  case item(Int, of: RequestID)
  /// A request that waits for replies to the message.
  case question(RequestID)
}
