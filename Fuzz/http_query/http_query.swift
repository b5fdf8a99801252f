// module: HTTPFront
// link: -lmicrohttpd -I Sources/CMicroHTTPD
import HTTPFront

/// A query or form body, against a plain reading of its grammar.
@c(LLVMFuzzerTestOneInput)
public func fuzzOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let input = unsafe Array(UnsafeBufferPointer(start: start, count: count))
  let query = Query(raw: input)
  let expected = reference(input)
  precondition(query.parameters.count == expected.count)
  for (parameter, (name, value)) in zip(query.parameters, expected) {
    precondition(parameter.rawName == name[...] && parameter.rawValue == value[...])
    for plus in [PercentDecoding.Plus.literal, .space, .topicFilter] {
      let text = try? parameter.value(plus: plus)
      precondition(text == ReferenceDecoding.decode(value, plus: plus), "\(value) by \(plus)")
      guard let text else { continue }
      precondition(text.utf8.count <= value.count)
      let again = try? PercentDecoding.decode(ReferenceDecoding.encode(text), plus: plus)
      precondition(again == text, "\(text) does not survive being encoded")
    }
    guard let name = try? parameter.name else { continue }
    precondition(query.first(name) != nil)
    precondition(query.all(name).contains(parameter))
  }
  checkTarget(input)
  return 0
}

/// Cuts at every `&`, and each part at its first `=`.
private func reference(_ input: [UInt8]) -> [([UInt8], [UInt8])] {
  var parameters: [([UInt8], [UInt8])] = []
  for part in input.split(separator: UInt8(ascii: "&")) {
    if let index = part.firstIndex(of: UInt8(ascii: "=")) {
      parameters.append((Array(part[..<index]), Array(part[(index + 1)...])))
    } else {
      parameters.append((Array(part), []))
    }
  }
  return parameters
}

/// The same bytes behind a path must come out as the same query.
private func checkTarget(_ input: [UInt8]) {
  guard let text = String(validating: input, as: UTF8.self) else { return }
  let head = RequestHead(method: "GET", target: "/path?\(text)")
  precondition(head.path == "/path")
  precondition(head.query == Query(raw: input))
  _ = RequestHead(method: "GET", target: text)
}
