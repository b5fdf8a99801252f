/// The kinds of reasons for which a connection, or the attempt at one, ended.
///
/// The raw values are stable names for the labels of a metric.
public enum ConnectionEnd: String, CaseIterable, Sendable {
  case nameNotResolved = "name_not_resolved"
  /// No address of the broker could be connected.
  case connectFailed = "connect_failed"
  case secureChannelFailed = "secure_channel_failed"
  /// A proxy or the WebSocket handshake said no.
  case handshakeRefused = "handshake_refused"
  /// The broker did not answer within the connect time-out.
  case connectTimeout = "connect_timeout"
  /// CONNACK said no.
  case refused = "refused"
  /// The broker sent DISCONNECT.
  case closedByBroker = "closed_by_broker"
  /// The other end closed the connection without a DISCONNECT.
  case closedByPeer = "closed_by_peer"
  /// The system could not read or write any more.
  case transferFailed = "transfer_failed"
  /// The broker took no bytes for too long.
  case writeStalled = "write_stalled"
  /// The broker sent nothing after PINGREQ.
  case pingTimeout = "ping_timeout"
  /// The broker did not acknowledge a packet in time.
  case acknowledgementTimeout = "acknowledgement_timeout"
  /// The broker broke the protocol.
  case violation = "violation"
}

extension DownReason {
  /// The kind of the reason, as metrics count it.
  var end: ConnectionEnd {
    switch self {
    case .linkFailed(let failure): failure.end
    case .refused: .refused
    case .closedByBroker: .closedByBroker
    case .violation: .violation
    case .connectTimeout: .connectTimeout
    case .pingTimeout: .pingTimeout
    case .acknowledgementTimeout: .acknowledgementTimeout
    }
  }
}

extension LinkFailure {
  fileprivate var end: ConnectionEnd {
    switch self {
    case .nameNotResolved: .nameNotResolved
    case .connectFailed: .connectFailed
    case .timedOut: .connectTimeout
    case .secureChannelFailed: .secureChannelFailed
    case .handshakeRefused: .handshakeRefused
    case .closedByPeer: .closedByPeer
    case .transferFailed: .transferFailed
    case .writeStalled: .writeStalled
    }
  }
}
