// module: MQTTClient
import MQTTClient

/// What a server makes of a client's bytes.
@c(LLVMFuzzerTestOneInput)
public func fuzzOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let input = unsafe Array(UnsafeBufferPointer(start: start, count: count))
  DecoderCheck.run(input) { PacketDecoder(serverWithMaximumPacketSize: 1 << 20) }
  return 0
}
