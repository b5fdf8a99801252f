// module: HTTPFront
// link: -lmicrohttpd -I Sources/CMicroHTTPD
import HTTPFront

private enum Endpoint: Equatable { case publish, topic, message }

private let router = Router<Endpoint>(
  basePath: "/mqtt",
  [
    Route("POST", "/publish", .publish),
    Route("GET", "/topics/{topic...}", .topic),
    Route("DELETE", "/messages/{id}", .message),
  ])

/// A path below or beside the base path, against a plain reading of the three patterns.
@c(LLVMFuzzerTestOneInput)
public func fuzzOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let input = unsafe Array(UnsafeBufferPointer(start: start, count: count))
  guard let text = String(validating: input, as: UTF8.self) else { return 0 }
  for path in [text, "/mqtt\(text)", "/mqtt/topics/\(text)", "/mqtt/messages/\(text)"] {
    let path = RequestHead(method: "GET", target: path).path
    for method in ["GET", "HEAD", "POST", "DELETE", "OPTIONS"] {
      check(path, method, router.match(method: method, path: path))
    }
  }
  return 0
}

private func check(_ path: String, _ method: String, _ match: RouteMatch<Endpoint>) {
  switch (match, expectation(path)) {
  case (.notFound, nil), (.malformed, .malformed?): break
  case (.found(let endpoint, let captures), .found(let expected, let value)?):
    precondition(endpoint == expected, "\(path) is \(endpoint)")
    precondition(captures.values.first == value, "\(path) captures \(captures)")
    precondition(methods(endpoint).contains(method))
  case (.methodNotAllowed(let allow), .found(let expected, _)?):
    precondition(!methods(expected).contains(method) && method != "OPTIONS")
    precondition(Set(allow) == Set(methods(expected) + ["OPTIONS"]))
  case (.options, .found?): precondition(method == "OPTIONS")
  default: preconditionFailure("\(method) \(path) is \(match)")
  }
}

private func methods(_ endpoint: Endpoint) -> [String] {
  switch endpoint {
  case .publish: ["POST"]
  case .topic: ["GET", "HEAD"]
  case .message: ["DELETE"]
  }
}

private enum Expectation {
  case found(Endpoint, String?)
  case malformed
}

/// What the path names; nil for nothing.
private func expectation(_ path: String) -> Expectation? {
  let bytes = Array(path.utf8)
  let base = Array("/mqtt/".utf8)
  guard bytes.starts(with: base) else { return nil }
  let pieces = bytes[base.count...].split(
    separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
  guard let first = pieces.first else { return nil }
  let rest = Array(bytes[(base.count + first.count)...].dropFirst())
  switch ReferenceDecoding.decode(Array(first), plus: .literal) {
  case "publish": return pieces.count == 1 ? .found(.publish, nil) : nil
  case "topics":
    return rest.isEmpty ? nil : capture(rest, .topic)
  case "messages":
    return pieces.count == 2 && !rest.isEmpty ? capture(rest, .message) : nil
  default: return nil
  }
}

private func capture(_ raw: [UInt8], _ endpoint: Endpoint) -> Expectation {
  guard let text = ReferenceDecoding.decode(raw, plus: .literal) else { return .malformed }
  return .found(endpoint, text)
}
