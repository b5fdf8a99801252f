/// Makes a connection for the client: returns the descriptor of a connected stream socket.
///
/// The client then speaks its proxy, TLS and WebSocket layers over it. From the return on the
/// descriptor belongs to the client, which makes it non-blocking and closes it in every case, also
/// when the attempt was over meanwhile; the caller must not use or close it any more. An error fails
/// the server that was tried; its description is reported. The closure runs in a task that is
/// cancelled when the attempt ends.
public typealias Connector = @Sendable (ConnectorRequest) async throws -> Int32

/// What a caller-supplied connector is asked for.
public struct ConnectorRequest: Equatable, Sendable {
  /// The name or address to connect to: of the proxy, if one is used, or else of the server.
  ///
  /// For a Unix socket this is its path.
  public let host: String
  /// The port to connect to; zero for a Unix socket.
  public let port: UInt16
  /// The server behind it.
  public let server: BrokerURL
  /// What the options say about the socket.
  public let network: NetworkOptions
}
