import HTTPFront

/// The requests with several messages that wait for some of them, and what is known of the others.
///
/// Pure; its callers hold a lock. Whoever puts in the last result gets the answer to send, so that
/// there is one.
struct PendingBatches {
  private struct Entry {
    let form: any AnswerForm
    let headers: HeaderFields
    var results: [BatchResult?]
    var missing: Int
  }

  private var entries: [RequestID: Entry] = [:]

  var count: Int { entries.count }

  /// A request with so many messages begins; `headers` are for its answer.
  mutating func began(
    _ request: RequestID, count: Int, _ form: any AnswerForm,
    _ headers: HeaderFields = HeaderFields()
  ) {
    entries[request] = Entry(
      form: form, headers: headers, results: Array(repeating: nil, count: count), missing: count)
  }

  /// What became of one message; the answer once all are known.
  mutating func answered(
    _ index: Int, of request: RequestID, _ result: BatchResult
  ) -> Response? {
    guard var entry = entries[request], entry.results[index] == nil else { return nil }
    entry.results[index] = result
    entry.missing -= 1
    guard entry.missing == 0 else {
      entries[request] = entry
      return nil
    }
    entries[request] = nil
    var response = entry.form.response(entry.results.compactMap(\.self))
    for field in entry.headers.fields { response.headers.append(field.name, field.value) }
    return response
  }

  /// The messages of a request whose results are missing.
  func missing(of request: RequestID) -> [Int] {
    guard let results = entries[request]?.results else { return [] }
    return results.indices.filter { results[$0] == nil }
  }

  /// Nobody waits for this request any more.
  mutating func forget(_ request: RequestID) { entries[request] = nil }
}

/// What became of one message of several.
struct BatchResult: Equatable, Sendable {
  let result: PublishResponse.Result
  var isReplay = false
  /// Set where the store kept nothing of any message.
  var refusal: Publishing.Refusal?
}
