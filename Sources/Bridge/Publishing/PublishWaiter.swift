import HTTPFront

/// Who waits for one message: a request, or one message of a request that has several.
enum PublishWaiter: Hashable, Sendable {
  case request(RequestID)
  case item(Int, of: RequestID)
}
