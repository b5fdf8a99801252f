import MQTTClient
import Metrics
import Store

/// Passes the store's events on to whoever waits for them; runs on the store thread.
struct StoreEvents: Sendable {
  private let wiring: Wiring
  private let publisher: Publisher
  private let messages: MessageLookUps
  private let coverage: CoverageTable
  private let deadLetters: DeadLetterRequests
  private let observer: Observer

  init(
    _ wiring: Wiring, _ publisher: Publisher, _ messages: MessageLookUps,
    _ deadLetters: DeadLetterRequests, _ coverage: CoverageTable, _ observer: Observer
  ) {
    self.coverage = coverage
    self.wiring = wiring
    self.publisher = publisher
    self.messages = messages
    self.deadLetters = deadLetters
    self.observer = observer
  }

  func handle(_ event: StoreEvent) {
    switch event {
    case .stored(let items): publisher.stored(items)
    case .repeated(let items): publisher.repeated(items)
    case .refused(let items, let error): publisher.refused(items, error)
    // What the store feeds is bounded by the store itself, so the mailbox need not refuse it.
    case .feed(let rows): wiring.link?.sendReserved(.feed(rows))
    case .advanced(let sequences): wiring.link?.sendReserved(.advanced(sequences))
    case .ended(let items):
      publisher.ended(items)
      messages.ended(items)
    case .finished: break
    case .found(let token, let item): messages.found(token, item)
    case .lookUpFailed(let token, _): messages.failed(token)
    case .deadLetters(let token, let answer): deadLetters.answered(token, answer)
    // The mqtt thread has as many unanswered ones as it allows itself.
    case .logged(let events): wiring.link?.sendReserved(.logged(events))
    case .recorded(let names):
      coverage.recorded(names)
      // A poll may wait for that.
      if let polls = wiring.polls, polls.count > 0 { wiring.link?.sendReserved(.wake) }
    case .forgotten(let names): wiring.link?.sendReserved(.forgotten(names))
    case .receiptsForgotten(let ids): wiring.link?.sendReserved(.receiptsForgotten(ids))
    case .kept(_, let row) where WebhookName(row: row.name) != nil: wiring.webhooks?.kept(row)
    case .kept(let token, let subscription): wiring.named?.kept(token, subscription)
    case .buried(let token): wiring.webhooks?.buried(token)
    case .removed(let token, let existed): wiring.named?.removed(token, existed: existed)
    case .cursorsMoved(let cursors):
      wiring.named?.cursorsMoved(cursors)
      wiring.webhooks?.cursorsMoved(cursors)
    case .failing(let error):
      observer.storeFailing(error)
      wiring.metrics.storeFailures.add()
      wiring.link?.sendReserved(.storeFailing(true))
    case .recovered:
      observer.storeRecovered()
      wiring.link?.sendReserved(.storeFailing(false))
    }
  }
}
