// module: HTTPFront MQTTClient JSONText
// sources: Sources/Bridge/JSON/Base64.swift Sources/Bridge/Publishing/AckLevel.swift
// sources: Sources/Bridge/Publishing/FieldText.swift Sources/Bridge/Publishing/Problem+Pointer.swift
// sources: Sources/Bridge/Publishing/MediaType.swift Sources/Bridge/Routes/GivenField.swift
// sources: Sources/Bridge/Routes/QueryParameter.swift Sources/Bridge/Routes/SubscribeBody.swift
// sources: Sources/Bridge/Sockets/SocketOperation.swift
// link: -lmicrohttpd -I Sources/CMicroHTTPD
import HTTPFront

/// A message of a client on a WebSocket, as an operation.
///
/// Whatever it is, it is an operation or a problem of the client's, and what it calls itself comes back.
@c(LLVMFuzzerTestOneInput)
public func fuzzOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let input = unsafe Array(UnsafeBufferPointer(start: start, count: count))
  do throws(SocketOperation.Invalid) {
    let operation = try SocketOperation(input)
    check(operation.ref)
    if let wait = operation.wait {
      precondition((0...SocketOperation.waitMaximum).contains(wait))
    }
  } catch {
    precondition((400..<500).contains(error.problem.code.status), "\(error.problem)")
    check(error.ref)
  }
  return 0
}

func check(_ ref: JSONValue?) {
  switch ref {
  case nil, .integer: return
  case .string(let text): precondition(text.utf8.count <= SocketOperation.refBytesMax)
  default: preconditionFailure("a ref of another kind")
  }
}
