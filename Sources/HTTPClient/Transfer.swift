import CCurl
import EventLoop

/// One request inside libcurl, with what it points to.
@safe final class Transfer {
  /// Beyond so many bytes an answer is not read on; its status counts.
  private static let answerBytesMax = (1 << 20) + 1

  let id: UInt64
  let handle: UnsafeMutableRawPointer
  private var fields: UnsafeMutablePointer<curl_slist>?
  private let words: UnsafeMutablePointer<CChar>
  private let keptBytes: Int
  private let sink: HTTPSender.Sink?
  private var beginning: [UInt8] = []
  private var bytes = 0
  private var isCut = false

  init?(_ request: OutgoingRequest, id: UInt64, _ sink: HTTPSender.Sink?) {
    guard let handle = unsafe curl_easy_init() else { return nil }
    self.id = id
    keptBytes = request.terms.keptBytes
    self.sink = sink
    unsafe self.handle = handle
    unsafe words = .allocate(capacity: Int(CURL_ERROR_SIZE))
    unsafe words.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
    guard setUp(request) else { return nil }
  }

  deinit {
    unsafe curl_easy_cleanup(handle)
    unsafe curl_slist_free_all(fields)
    unsafe words.deallocate()
  }

  func outcome(_ code: CURLcode) -> RequestOutcome {
    let status = unsafe Int(ccurl_status(handle))
    guard code == CURLE_OK || (isCut && status > 0) else {
      let text = unsafe String(cString: words)
      let name = unsafe String(cString: curl_easy_strerror(code))
      return .failed(text.isEmpty ? name : text)
    }
    let seconds = unsafe ccurl_retry_after(handle)
    return .answered(
      ReceivedAnswer(
        status: status, retryAfter: seconds > 0 ? .seconds(min(seconds, 1 << 31)) : nil,
        beginning: beginning, maxAge: maxAge))
  }

  private var maxAge: Duration? {
    guard let value = unsafe ccurl_field(handle, "Cache-Control") else { return nil }
    for part in unsafe String(cString: value).lowercased().split(separator: ",") {
      let words = part.split(separator: "=").map { $0.filter { $0 != " " && $0 != "\"" } }
      if words.count == 2, words[0] == "max-age", let seconds = UInt32(words[1]) {
        return .seconds(Int64(seconds))
      }
    }
    return nil
  }

  private func setUp(_ request: OutgoingRequest) -> Bool {
    // An empty Expect keeps libcurl from asking first, which few receivers understand.
    let added = ["Expect:"] + request.fields.map { "\($0.name): \($0.value)" }
    for field in added {
      guard let longer = unsafe curl_slist_append(fields, field) else { return false }
      unsafe fields = longer
    }
    return target(request) && content(request) && trust(request.terms) && watch()
  }

  private func target(_ request: OutgoingRequest) -> Bool {
    set(CURLOPT_URL, request.url) && set(CURLOPT_PROTOCOLS_STR, "http,https")
      && set(CURLOPT_FOLLOWLOCATION, 0)
      // An empty name turns off what the environment says.
      && set(CURLOPT_PROXY, request.terms.proxy ?? "") && set(CURLOPT_NOPROXY, "")
      && (request.terms.unixSocket.map { set(CURLOPT_UNIX_SOCKET_PATH, $0) } ?? true)
      && set(CURLOPT_CONNECTTIMEOUT_MS, milliseconds(request.terms.connectTimeout))
      && set(CURLOPT_TIMEOUT_MS, milliseconds(request.terms.timeout))
      && set(CURLOPT_LOW_SPEED_LIMIT, 1)
      && set(CURLOPT_LOW_SPEED_TIME, Int(request.terms.silence.components.seconds))
      && set(CURLOPT_NOSIGNAL, 1)
  }

  private func content(_ request: OutgoingRequest) -> Bool {
    guard request.method != "GET" else {
      return unsafe set(CURLOPT_HTTPGET, 1) && ccurl_set_fields(handle, fields) == CURLE_OK
    }
    let hasBody = unsafe request.body.withUnsafeBytes { bytes in
      unsafe ccurl_set_size(handle, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(bytes.count))
        == CURLE_OK
        && ccurl_set_pointer(
          handle, CURLOPT_COPYPOSTFIELDS,
          UnsafeMutableRawPointer(mutating: bytes.baseAddress ?? UnsafeRawPointer(words)))
          == CURLE_OK
    }
    return unsafe hasBody && set(CURLOPT_CUSTOMREQUEST, request.method)
      && ccurl_set_fields(handle, fields) == CURLE_OK
  }

  private func trust(_ terms: RequestTerms) -> Bool {
    let isStrict =
      set(CURLOPT_SSL_VERIFYPEER, 1) && set(CURLOPT_SSL_VERIFYHOST, 2)
      && set(CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
    guard let authorities = terms.authorities else { return isStrict }
    return unsafe isStrict && set(CURLOPT_CAINFO, authorities)
      && ccurl_set_text(handle, CURLOPT_CAPATH, nil) == CURLE_OK
  }

  private func watch() -> Bool {
    let context = unsafe Unmanaged.passUnretained(self).toOpaque()
    let isSet = unsafe ccurl_set_writer(
      handle,
      { bytes, size, count, context in
        guard let bytes = unsafe bytes, let context = unsafe context else { return 0 }
        let transfer = unsafe Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
        let received = unsafe UnsafeRawBufferPointer(start: bytes, count: size * count)
        return unsafe transfer.received(received) ? received.count : 0
      }, context)
    return unsafe isSet == CURLE_OK
      && ccurl_set_pointer(handle, CURLOPT_ERRORBUFFER, words)
        == CURLE_OK
  }

  /// Part of the answer's body; false reads no more of it.
  private func received(_ part: UnsafeRawBufferPointer) -> Bool {
    bytes += part.count
    let room = keptBytes - beginning.count
    unsafe beginning.append(contentsOf: part.prefix(max(0, room)))
    if let sink {
      isCut = unsafe !sink(Int(ccurl_status(handle)), Array(part))
    } else {
      isCut = bytes > Self.answerBytesMax
    }
    return !isCut
  }

  private func set(_ option: CURLoption, _ value: Int) -> Bool {
    unsafe ccurl_set_long(handle, option, value) == CURLE_OK
  }

  private func set(_ option: CURLoption, _ value: String) -> Bool {
    unsafe ccurl_set_text(handle, option, value) == CURLE_OK
  }

  private func milliseconds(_ time: Duration) -> Int { Int(PollTimeout.milliseconds(time)) }
}
