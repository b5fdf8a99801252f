import EventLoop
import Webhooks

/// One webhook on its thread.
final class WebhookHook {
  let configuration: WebhookConfiguration
  let requests: WebhookRequests
  var queue: WebhookQueue
  var status: WebhookStatus
  var actions: [WebhookQueue.Action] = []

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
