import CCurl
import EventLoop

/// Sends HTTP requests by libcurl, many at a time.
///
/// Every call belongs to the thread that made it. Certificates are verified, redirects are not
/// followed, and nothing but `http` and `https` is spoken.
@safe package final class HTTPSender {
  /// The library cannot be used, which only happens when memory is short.
  package struct Unusable: Error {}

  private static let isReady = ccurl_start() == CURLE_OK

  private let multi: UnsafeMutableRawPointer
  private var transfers: [UnsafeMutableRawPointer: Transfer] = unsafe [:]

  package init() throws(Unusable) {
    guard Self.isReady, let multi = unsafe curl_multi_init() else { throw Unusable() }
    unsafe self.multi = multi
  }

  deinit {
    for transfer in unsafe Array(transfers.values) {
      unsafe curl_multi_remove_handle(multi, transfer.handle)
    }
    unsafe transfers.removeAll()
    unsafe curl_multi_cleanup(multi)
  }

  /// How many requests are on their way.
  package var count: Int { unsafe transfers.count }

  /// Gets the body of an answer piece by piece, with its status; false ends the request.
  package typealias Sink = (_ status: Int, _ piece: [UInt8]) -> Bool

  /// Begins a request; `turn` tells how it ended.
  ///
  /// With a sink the answer may be of any length. A request that its sink has ended counts as answered.
  package func send(_ request: OutgoingRequest, id: UInt64, sink: Sink? = nil) {
    guard let transfer = Transfer(request, id: id, sink) else { return failed.append(id) }
    guard unsafe curl_multi_add_handle(multi, transfer.handle) == CURLM_OK else {
      return failed.append(id)
    }
    unsafe transfers[transfer.handle] = transfer
  }

  /// Requests that could not even begin.
  private var failed: [UInt64] = []

  /// Does what there is to do, tells which requests have ended, and else waits for something to
  /// happen, also at `descriptor` if there is one.
  package func turn(
    waitingFor descriptor: Int32? = nil, atMost timeout: Duration?,
    _ ended: (_ id: UInt64, RequestOutcome) -> Void
  ) {
    var running: Int32 = 0
    unsafe curl_multi_perform(multi, &running)
    guard takeEnded(ended) == 0 else { return }
    var waited = curl_waitfd(fd: descriptor ?? -1, events: Int16(CURL_WAIT_POLLIN), revents: 0)
    let milliseconds = PollTimeout.milliseconds(timeout)
    unsafe curl_multi_poll(
      multi, &waited, descriptor == nil ? 0 : 1, milliseconds < 0 ? 3_600_000 : milliseconds, nil)
  }

  private func takeEnded(_ ended: (UInt64, RequestOutcome) -> Void) -> Int {
    var count = failed.count
    for id in exchange(&failed, with: []) { ended(id, .failed("the request cannot begin")) }
    var code = CURLE_OK
    while let handle = unsafe ccurl_next_ended(multi, &code) {
      unsafe curl_multi_remove_handle(multi, handle)
      guard let transfer = unsafe transfers.removeValue(forKey: handle) else { continue }
      count += 1
      ended(transfer.id, transfer.outcome(code))
    }
    return count
  }
}
