/// One answered request, for a log: nothing in it is a payload, a query or a header of the client.
package struct AccessRecord: Equatable, Sendable {
  package var id: RequestID
  /// Nil when so little was understood that there is no head.
  package var method: String?
  /// What `HTTPApplication.route` says: the pattern, not the path.
  package var route: String?
  /// 101 for a WebSocket; 200 for a stream, which goes on.
  package var status: Int
  /// Of the body of the request, as far as it was read.
  package var receivedBytes: Int
  /// Of the body of the answer; 0 for streams.
  package var sentBytes: Int
  /// From the first line of the request to its answer.
  package var duration: Duration
  package var clientAddress: String
}
