/// The right and the duty to acknowledge one message, detached from its content.
///
/// It can be used once and not be copied; the compiler sees to that. Acknowledgements may be given
/// in any order: they leave in the order that the protocol wants. [MQTT-4.6.0-2] [MQTT-4.6.0-3]
///
/// One that goes out of scope unused acknowledges nothing: the broker sends the message again on a
/// later connection, and `ClientEvent.acknowledgementForgotten` tells.
public struct Acknowledgement: ~Copyable, Sendable {
  /// What an acknowledgement came to.
  public enum Result: Equatable, Sendable {
    /// It is on its way to the broker.
    case accepted
    /// Nothing was sent, because there is nothing to acknowledge any more.
    ///
    /// A message of QoS 0 has no acknowledgement. The connection that brought a QoS 1 message has
    /// ended: the broker sends it again, with a new right to acknowledge.
    case stale
    /// The client has ended.
    case stopped
  }

  private let settlement: Settlement
  private let sink: any AcknowledgementSink
  private var isUsed = false

  package init(_ settlement: Settlement, _ sink: any AcknowledgementSink) {
    self.settlement = settlement
    self.sink = sink
  }

  deinit {
    if !isUsed { sink.forgot(settlement) }
  }

  /// Says that the message is safe: PUBACK or PUBREC may leave.
  ///
  /// Of several consumers of one message the last one decides when. From any thread.
  @discardableResult
  public consuming func acknowledge() -> Result { end(.success) }

  /// Refuses the message with a reason code of 0x80 or above, which MQTT 3.1.1 cannot express.
  ///
  /// Smaller codes acknowledge. From any thread. [MQTT 5.0, 3.4.2.1]
  @discardableResult
  public consuming func reject(_ reasonCode: ReasonCode) -> Result { end(reasonCode) }

  private consuming func end(_ reasonCode: ReasonCode) -> Result {
    isUsed = true
    return sink.settle(settlement, reasonCode)
  }
}

/// Who takes acknowledgements to the wire; from any thread.
package protocol AcknowledgementSink: AnyObject, Sendable {
  func settle(_ settlement: Settlement, _ reasonCode: ReasonCode) -> Acknowledgement.Result
  /// The right to acknowledge was dropped unused.
  func forgot(_ settlement: Settlement)
}

/// What a consumer owes for one message.
package enum Settlement: Sendable {
  /// A message of QoS 0.
  case nothing
  /// The only consumer of the message.
  case alone(AckToken, topic: String)
  /// One of several consumers.
  case shared(SharedDelivery)
}
