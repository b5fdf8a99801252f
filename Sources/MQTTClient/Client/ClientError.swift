/// Why a call to a client did not do what it was asked for.
public enum ClientError: Error, Equatable, Sendable {
  /// The calling task was cancelled.
  case cancelled
  /// The time given for the call has passed.
  case deadlinePassed
  /// The client has ended, or ends.
  case stopped
  /// As many publishes wait as may; nothing was kept.
  case full
  /// A topic filter that no broker would take. [MQTT 5.0, 4.7]
  case invalidFilter(String, TopicFilter.Invalid)
  /// A topic that nothing can be published to. [MQTT-3.3.2-2]
  case invalidTopic(String)
  /// The broker refused every filter.
  case refused([SubscriptionGrant])
  /// The broker lost its session and then refused the subscription.
  case subscriptionLost(filter: String, ReasonCode)
  /// More messages came than the queue of the subscription takes, whose policy is to end then.
  case overflow
  /// A request was not sent, or may not have been.
  case notPublished(PublishOutcome)
  /// There is no connection, for this reason.
  case connection(ConnectionFailure)
}

extension ClientError: CustomStringConvertible {
  /// One sentence for a log or a person.
  public var description: String {
    switch self {
    case .cancelled: "cancelled"
    case .deadlinePassed: "the time for this has passed"
    case .stopped: "the client has ended"
    case .full: "too many publishes wait"
    case .invalidFilter(let filter, let reason): "\(filter) is no topic filter: \(reason)"
    case .invalidTopic(let topic): "\(topic) is no topic"
    case .refused(let grants):
      "the broker refused " + grants.map(\.description).joined(separator: ", ")
    case .subscriptionLost(let filter, let code): "the broker no longer serves \(filter): \(code)"
    case .overflow: "the consumer of the subscription is too slow"
    case .notPublished(let outcome): "the request was not published: \(outcome)"
    case .connection(let failure): failure.description
    }
  }
}

/// What the broker said to one topic filter of a SUBSCRIBE or UNSUBSCRIBE.
public struct SubscriptionGrant: Equatable, Sendable, CustomStringConvertible {
  /// The topic filter, as it was asked for.
  public let filter: String
  /// The QoS that was granted, or why it was refused. [MQTT 5.0, 3.9.3] [MQTT 5.0, 3.11.3]
  public let reasonCode: ReasonCode

  package init(filter: String, reasonCode: ReasonCode) {
    self.filter = filter
    self.reasonCode = reasonCode
  }

  /// Whether the broker agreed.
  public var isGranted: Bool { !reasonCode.isFailure }

  /// One line for a log or a person, without a secret.
  public var description: String { "\(filter): \(reasonCode)" }
}
