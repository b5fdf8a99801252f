import MQTTClient

/// What happens to a publish between the request and the broker's acknowledgement.
struct PublishingConfiguration: Sendable {
  /// What to do with MQTT 5 properties on a connection that has none.
  enum Properties: String, CaseIterable, Sendable {
    /// The publish is refused.
    case strict
    /// The properties are left out.
    case drop
  }

  /// What to do with a publish that was under way when the broker lost its session.
  enum Uncertain: String, CaseIterable, Sendable {
    /// It goes out again, and may arrive twice.
    case resend
    /// It becomes a dead letter, for a person to decide.
    case hold
  }

  /// The QoS of a publish that names none: stored and acknowledged, but not the costlier QoS 2.
  var defaultQoS: QoS = .atLeastOnce
  /// How long a request waits for the broker before it is answered 202.
  var ackWait: Duration = .seconds(5)
  /// Messages of a batch that is held whole; lines with `atomic=false` are not.
  var batchItems = 1000
  /// Bytes of such a batch.
  var batchBytes = ByteCount.mebibytes(4)
  /// Stored publishes at a time; after that requests are answered 503.
  var queueMessages = 1_000_000
  /// Bytes of stored publishes; after that requests are answered 503.
  var queueBytes = ByteCount.gibibytes(1)
  /// How long a stored publish is tried; zero is for ever.
  var expiresIn: Duration = .seconds(86_400)
  /// Whether QoS 0 publishes are stored too while the broker is away, instead of refused.
  var queuesQoS0 = false
  /// Refusing is the default, because a dropped property may be the one that matters.
  var properties = Properties.strict
  /// Whether stored publishes without an idempotency key are refused.
  var requiresIdempotencyKey = false
  /// How long an idempotency key is remembered.
  var idempotencyAge: Duration = .seconds(86_400)
  /// Whether every message carries its identifier to its subscribers.
  var stamps = false
  /// Twice is the default, because most messages can be taken twice and few can be missed.
  var uncertain = Uncertain.resend
  /// Dead letters kept at a time; after that the oldest are dropped.
  var deadLetters = 10_000
  /// Bytes of dead letters; after that the oldest are dropped.
  var deadLetterBytes = ByteCount.mebibytes(256)
  /// Whether the publish routes of EMQX are served beside our own; off, because they say less.
  var servesEMQX = false
  /// Whether the trace of a request becomes user properties of its message.
  var carriesTrace = true
}
