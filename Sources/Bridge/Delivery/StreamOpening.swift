import MQTTClient

/// What the broker said to the filters of one stream: the content of `bridge.open`.
struct StreamOpening: Equatable, Sendable {
  struct Filter: Equatable, Sendable {
    let filter: String
    let reasonCode: ReasonCode
  }

  let filters: [Filter]
  /// The stream asked to continue after an event, which needs history.
  let wantsHistory: Bool
}
