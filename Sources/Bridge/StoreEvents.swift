import MQTTClient
import Store

/// Passes the store's events on to whoever waits for them; runs on the store thread.
struct StoreEvents: Sendable {
  private let wiring: Wiring
  private let publisher: Publisher
  private let messages: MessageLookUps
  private let deadLetters: DeadLetterRequests
  private let observer: Observer

  init(
    _ wiring: Wiring, _ publisher: Publisher, _ messages: MessageLookUps,
    _ deadLetters: DeadLetterRequests, _ observer: Observer
  ) {
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
    case .failing(let error): observer.storeFailing(error)
    case .recovered: observer.storeRecovered()
    }
  }
}
