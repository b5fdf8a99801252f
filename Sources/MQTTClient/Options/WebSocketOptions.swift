/// How MQTT goes over a WebSocket: the handshake, the limits and the pings. [MQTT 5.0, section 6]
///
/// Descriptions, debug output and mirrors leave out the values of headers and the query.
public struct WebSocketOptions: Sendable {
  /// What this client offers of permessage-deflate. [RFC 7692, section 7.1]
  public struct Compression: Equatable, Sendable {
    /// The window of what this client compresses: 9 to 15, as a power of two in bytes.
    public var clientWindowBits: Int
    /// The largest window of what the server compresses: 8 to 15; 15 leaves it to the server.
    public var serverWindowBits: Int
    /// Whether this client may compress a message with what it sent before.
    public var clientContextTakeover: Bool
    /// Whether the server may do so, which takes memory here.
    public var serverContextTakeover: Bool
    /// Messages shorter than this many bytes go out as they are.
    public var bytesMin: Int

    /// The protocol's own defaults, and nothing compressed below 64 bytes.
    public init(
      clientWindowBits: Int = 15, serverWindowBits: Int = 15, clientContextTakeover: Bool = true,
      serverContextTakeover: Bool = true, bytesMin: Int = 64
    ) {
      self.clientWindowBits = clientWindowBits
      self.serverWindowBits = serverWindowBits
      self.clientContextTakeover = clientContextTakeover
      self.serverContextTakeover = serverContextTakeover
      self.bytesMin = bytesMin
    }
  }

  /// A hook that may change or sign the request before each attempt, and may fail.
  public typealias Prepare =
    @Sendable (_ request: WebSocketRequest) async throws -> WebSocketRequest

  /// The subprotocols that are offered; the server must select one of them. [MQTT-6.0.0-3]
  ///
  /// Empty offers none, and then the server must select none.
  public var subprotocols: [String]
  /// Headers of the request, such as `Authorization` or `Cookie`.
  public var headers: [HTTPHeader]
  /// Replaces the path and query of the broker's URL; without either it is `/mqtt`.
  public var path: String?
  /// The largest frame that is accepted, in bytes of payload; a larger one ends the link.
  ///
  /// Frames are passed on while they arrive, so a large one takes no more memory than a small one.
  public var maximumFrameBytes: Int
  /// The most bytes of MQTT that go out in one frame; at least 1.
  public var maximumSentFrameBytes: Int
  /// A link without any byte from the server for this long sends a ping; nil for never.
  ///
  /// MQTT's own keep-alive already finds dead connections; this is for proxies and servers that
  /// want WebSocket pings.
  public var pingInterval: Duration?
  /// A link that hears nothing for this long after a ping ends.
  public var pongTimeout: Duration
  /// Offers permessage-deflate; nil for none, since few brokers have it.
  public var compression: Compression?
  /// Runs before each attempt, within the connect time-out; nil changes nothing.
  ///
  /// It runs on no particular thread. An error that it throws fails the attempt, and the next one
  /// calls it again.
  public var prepare: Prepare?

  /// Offers `mqtt`, and leaves pings and compression off.
  public init() {
    subprotocols = ["mqtt"]
    headers = []
    path = nil
    maximumFrameBytes = PacketDecoder.largestPacketSize
    maximumSentFrameBytes = 64 << 10
    pingInterval = nil
    pongTimeout = .seconds(10)
    compression = nil
    prepare = nil
  }
}

extension WebSocketOptions: CustomStringConvertible, CustomDebugStringConvertible,
  CustomReflectable
{
  /// The options without the values of headers and without the query.
  public var description: String {
    let visiblePath = path.map { String($0.prefix { $0 != "?" && $0 != "#" }) }
    return "WebSocketOptions(subprotocols: \(subprotocols), headers: \(headers), "
      + "path: \(visiblePath ?? "of the URL"), maximumFrameBytes: \(maximumFrameBytes), "
      + "pingInterval: \(pingInterval.map { "\($0)" } ?? "none"), "
      + "compression: \(compression == nil ? "off" : "offered"), "
      + "prepare: \(prepare == nil ? "none" : "set"))"
  }
  /// The same as `description`.
  public var debugDescription: String { description }
  /// The same as `description`.
  public var customMirror: Mirror { Mirror(self, children: ["options": description]) }
}
