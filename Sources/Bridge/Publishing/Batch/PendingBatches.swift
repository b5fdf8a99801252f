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

    /// Puts a result in; how many are missing then, or nil when it was there already.
    mutating func note(_ result: BatchResult, at index: Int) -> Int? {
      guard results[index] == nil else { return nil }
      results[index] = result
      missing -= 1
      return missing
    }
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
    // In its place: a copy of the results for each of them would make long batches slow.
    guard entries[request]?.note(result, at: index) == 0,
      let entry = entries.removeValue(forKey: request)
    else { return nil }
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
