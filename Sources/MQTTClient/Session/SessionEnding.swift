/// How a session ends.
package enum SessionEnding: Equatable, Sendable {
  /// Takes no new work, finishes what it has, and then says goodbye with this packet.
  ///
  /// "What it has" are publishes, subscription requests and a re-authentication. Meanwhile everything
  /// goes on as usual: pings, deliveries, and reconnecting while there is something to finish. At the
  /// deadline the rest is answered as not done, and the connection ends without DISCONNECT, so that
  /// the broker, which does not have everything, publishes the will.
  case drain(Disconnect)
  /// Says goodbye at once; everything open is answered as not done.
  case now(Disconnect)
  /// Ends the connection without a word, as a crash would; the broker publishes the will.
  case abort
}

/// What a client may not say in DISCONNECT.
public enum DisconnectError: Error, Equatable, Sendable {
  /// Only MQTT 5 has reason codes but success, and properties.
  ///
  /// MQTT 3.1.1 can do "disconnect with will": the connection ends without DISCONNECT.
  case requiresVersion5
  /// CONNECT asked for a session that ends with the connection, which cannot be changed to one that
  /// stays. [MQTT-3.14.2-2]
  case sessionExpiryWasZero
  /// Only brokers name another server.
  case serverReference
  /// This reason code is none that a client sends.
  case reasonCode(ReasonCode)
}

extension SessionOptions {
  /// Whether the broker lets a client with these options say this.
  package func check(_ disconnect: Disconnect) throws(DisconnectError) {
    guard disconnect.serverReference == nil else { throw .serverReference }
    guard version == .v5 else {
      let isPlain = disconnect == Disconnect() || disconnect == Disconnect(.disconnectWithWill)
      guard isPlain else { throw .requiresVersion5 }
      return
    }
    switch disconnect.reasonCode.rawValue {
    case 0x00, 0x04, 0x80...0x83, 0x90, 0x93...0x99: break
    default: throw .reasonCode(disconnect.reasonCode)
    }
    if disconnect.sessionExpiryInterval ?? 0 > 0, connect.sessionExpiryInterval ?? 0 == 0 {
      throw .sessionExpiryWasZero
    }
  }
}
