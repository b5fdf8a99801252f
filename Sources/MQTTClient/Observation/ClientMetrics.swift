/// What a client has counted and measured since it was made.
///
/// A snapshot: the values belong together, as of the end of one wake-up of the client's thread. It
/// never changes afterwards and may go anywhere. Nothing in it is a secret.
public struct ClientMetrics: Sendable {
  /// Everything that only grows.
  public internal(set) var counters = Counters()
  /// What was there at the end of the wake-up.
  public internal(set) var gauges = Gauges()
  /// From the first PUBLISH of a QoS 1 message to its PUBACK.
  public internal(set) var acknowledgementTimeQoS1 = LatencyHistogram()
  /// From the first PUBLISH of a QoS 2 message to its PUBCOMP, or to a refusal by PUBREC.
  public internal(set) var acknowledgementTimeQoS2 = LatencyHistogram()
  /// From a QoS 1 or 2 message of the broker to our PUBACK or PUBREC.
  public internal(set) var receiveToAcknowledge = LatencyHistogram()
  /// From the beginning of a successful attempt to connect to its CONNACK.
  public internal(set) var connectTime = LatencyHistogram()

  /// Metrics of nothing, as a client has them before it starts.
  public init() {}

  /// The counters of a client; each one wraps around after 2^64.
  public struct Counters: Sendable {
    /// Attempts to connect, each with all servers and addresses that it tried.
    public internal(set) var connectionAttempts: UInt64 = 0
    /// Attempts that ended in an accepting CONNACK.
    public internal(set) var connections: UInt64 = 0
    /// Ends of connections and of attempts at one, by their kind; a wanted end is not counted.
    public internal(set) var connectionFailures = FailureCounts()
    /// The packets that were sent, by kind.
    public internal(set) var packetsSent = PacketCounts()
    /// The packets that came, by kind.
    public internal(set) var packetsReceived = PacketCounts()
    /// Messages that the application wanted to publish.
    public internal(set) var publishes = QoSCounts()
    /// How publishes ended.
    public internal(set) var publishOutcomes = OutcomeCounts()
    /// PUBLISH packets that went out again after a reconnect.
    public internal(set) var retransmissions: UInt64 = 0
    /// Messages given to the application.
    public internal(set) var deliveries = QoSCounts()
    /// Messages that the broker sent again although the application had them.
    public internal(set) var duplicatesSuppressed: UInt64 = 0
    /// Messages thrown away because a consumer was too slow and its policy says so.
    public internal(set) var deliveriesDropped: UInt64 = 0
    /// Messages that the broker sent although as many as Receive Maximum allows were unacknowledged.
    public internal(set) var deliveriesBeyondReceiveMaximum: UInt64 = 0
    /// Acknowledgements of the broker that matched nothing.
    public internal(set) var strayAcknowledgements: UInt64 = 0
    /// PUBLISH packets that carried a topic alias instead of their topic.
    public internal(set) var aliasHitsSent: UInt64 = 0
    /// Messages of the broker that carried a topic alias instead of their topic.
    public internal(set) var aliasHitsReceived: UInt64 = 0
    /// Calls of the packet trace.
    public internal(set) var packetsTraced: UInt64 = 0

    /// Connections that ended because the broker took no bytes for too long.
    public var writeStalls: UInt64 { connectionFailures[.writeStalled] }
    /// Connections that ended because an acknowledgement did not come in time.
    public var acknowledgementStalls: UInt64 { connectionFailures[.acknowledgementTimeout] }
    /// Connections that ended because the broker answered no PINGREQ.
    public var pingTimeouts: UInt64 { connectionFailures[.pingTimeout] }
  }

  /// The present sizes of a client's queues.
  public struct Gauges: Equatable, Sendable {
    /// Whether there is a connection that the broker accepted.
    public internal(set) var isConnected = false
    /// QoS 1 and 2 publishes that wait for their turn.
    public internal(set) var queuedPublishes = 0
    /// QoS 1 and 2 publishes that the broker has not finished acknowledging.
    public internal(set) var inFlightPublishes = 0
    /// How many may be in flight on this connection; zero without one.
    public internal(set) var inFlightMaximum = 0
    /// Messages of the broker that were not acknowledged.
    public internal(set) var unacknowledgedDeliveries = 0
    /// The topic filters that the session holds at the broker.
    public internal(set) var subscriptions = 0
    /// Topic filters that wait to go into a SUBSCRIBE or UNSUBSCRIBE.
    public internal(set) var queuedFilters = 0
    /// Bytes that wait for the socket.
    public internal(set) var unwrittenBytes = 0
  }

  /// How often connections, and attempts at one, ended for each kind of reason.
  public struct FailureCounts: Equatable, Sendable {
    private var counts: [ConnectionFailure.Kind: UInt64] = [:]

    /// How often a connection ended for this kind of reason.
    public subscript(kind: ConnectionFailure.Kind) -> UInt64 { counts[kind] ?? 0 }

    /// All of them.
    public var total: UInt64 { counts.values.reduce(0, &+) }

    mutating func add(_ kind: ConnectionFailure.Kind) { counts[kind, default: 0] &+= 1 }
  }

  /// How often publishes ended in each way.
  public struct OutcomeCounts: Equatable, Sendable {
    /// QoS 0: given to the system.
    public internal(set) var sent: UInt64 = 0
    /// Publishes of QoS 1 and 2 that the broker acknowledged.
    public internal(set) var acknowledged: UInt64 = 0
    /// Refused by the broker with a reason code.
    public internal(set) var rejected: UInt64 = 0
    /// The message expiry interval had passed.
    public internal(set) var expired: UInt64 = 0
    /// Publishes that were taken back before anything of them was sent.
    public internal(set) var cancelled: UInt64 = 0
    /// Never sent, for another reason.
    public internal(set) var notSent: UInt64 = 0
    /// Sent, and nobody knows more.
    public internal(set) var maybeSent: UInt64 = 0

    /// All ends of publishes.
    public var total: UInt64 {
      sent &+ acknowledged &+ rejected &+ expired &+ cancelled &+ notSent &+ maybeSent
    }
  }
}
