import EventLoop
import Webhooks

/// One webhook on its thread.
final class WebhookHook {
  let configuration: WebhookConfiguration
  let requests: WebhookRequests
  var queue: WebhookQueue
  var status: WebhookStatus
  var actions: [WebhookQueue.Action] = []
  /// Requests, reads and dead letters of it that have not ended.
  var openCalls = 0
  /// What comes in its place, once they have; nil while it stays.
  var successor: Successor?

  enum Successor {
    case nothing
    /// The same webhook with other terms, from where this one is.
    case changed(WebhookConfiguration)
    /// One that was taken out meanwhile, and is there again.
    case new(WebhookHook)
  }

  init(_ configuration: WebhookConfiguration, after cursor: Int64) {
    self.configuration = configuration
    requests = WebhookRequests(configuration: configuration)
    queue = WebhookQueue(configuration.queue, after: cursor)
    status = WebhookStatus(name: configuration.name)
  }

  var name: String { configuration.name }

  /// What the others are told.
  func statusNow(head: Int64) -> WebhookStatus {
    status.behind = Int(clamping: max(0, head - queue.cursor))
    status.sending = queue.sendingCount
    status.waiting = queue.restingCount
    return status
  }
}
