/// What an event or a timer of the loop is about.
struct LoopToken: Equatable {
  enum Kind: UInt64 {
    case daemon = 1
    case mailbox
    case connection
    case stream
    case lingering
    case stop
    /// A listening socket from which we accept ourselves.
    case door
    /// A connection before the end of a proxy's header.
    case proxied
    /// The client's side of a stream under TLS.
    case relayedClient
    /// Our side of it.
    case relay
  }

  let rawValue: UInt64

  init(rawValue: UInt64) { self.rawValue = rawValue }

  /// The value identifies one of its kind, in 56 bits.
  init(_ kind: Kind, _ value: UInt64 = 0) {
    rawValue = kind.rawValue << 56 | (value & 0xFF_FFFF_FFFF_FFFF)
  }

  var kind: Kind? { Kind(rawValue: rawValue >> 56) }
  var value: UInt64 { rawValue & 0xFF_FFFF_FFFF_FFFF }
}
