import TestSupport

extension RunningProgram {
  /// Opens a stream, which must begin with `bridge.open`, and gives that too.
  func open(
    _ query: String, after id: String? = nil
  ) throws -> (reader: SSEReader, opening: JSONObject) {
    let headers = id.map { [("Last-Event-ID", $0)] } ?? []
    let reader = try client.stream("/subscribe?" + query, headers: headers)
    guard reader.response.status == 200 else {
      throw TestFailure("\(query) was answered \(reader.response.status)")
    }
    guard let first = try reader.next(within: .seconds(20)), first.name == "bridge.open" else {
      throw TestFailure("the stream did not begin with bridge.open")
    }
    return (reader, try first.json)
  }

  /// Makes or changes a named subscription, which must succeed.
  @discardableResult
  func subscribe(_ name: String, _ terms: String) throws -> HTTPTestResponse {
    let answer = try put(name, terms)
    guard answer.status == 200 || answer.status == 201 else {
      throw TestFailure("\(name) was answered \(answer.status): \(answer.text)")
    }
    return answer
  }

  func put(_ name: String, _ terms: String) throws -> HTTPTestResponse {
    try client.request("PUT", "/subscriptions/\(name)", body: Array(terms.utf8))
  }

  /// What `GET /subscriptions/{name}` says.
  func subscription(_ name: String) throws -> JSONObject {
    try client.get("/subscriptions/\(name)").json
  }

  /// Acknowledges events, which must succeed.
  func acknowledge(_ name: String, _ ids: String?...) throws {
    let list = ids.map { "\"\($0 ?? "")\"" }.joined(separator: ",")
    let answer = try client.post("/subscriptions/\(name)/ack", "{\"ids\":[\(list)]}")
    guard answer.status == 204 else {
      throw TestFailure("the acknowledgement was answered \(answer.status): \(answer.text)")
    }
  }

  /// Publishes through the bridge and waits until the broker has it.
  func publish(_ payload: String, to topic: String, qos: Int = 1) throws {
    let answer = try client.post("/publish?topic=\(topic)&qos=\(qos)", payload)
    guard answer.status == 200 else {
      throw TestFailure("the publish was answered \(answer.status): \(answer.text)")
    }
  }
}

extension SSEReader {
  /// The payloads of the next so many messages.
  func payloads(_ count: Int) throws -> [String] {
    try messages(count).map { try $0.json.string("payload") ?? "" }
  }
}
