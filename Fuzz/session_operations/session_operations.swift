// module: MQTTClient
// sources: Tests/MQTTClientTests/Session/SessionOperations.swift
// link: -lssl -lcrypto -lz -I Sources/COpenSSL -I Sources/CZlib
import MQTTClient

/// Operations on a session and answers of a broker in any order, read from the bytes.
@c(LLVMFuzzerTestOneInput)
public func fuzzOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let input = unsafe Array(UnsafeBufferPointer(start: start, count: count))
  var operations = SessionOperations(input)
  operations.run()
  precondition(operations.problems.isEmpty, "\(operations.problems)")
  return 0
}
