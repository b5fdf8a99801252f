// module: MQTTClient
import MQTTClient

/// What a client makes of a broker's bytes; the first byte decides the protocol version.
@c(LLVMFuzzerTestOneInput)
public func fuzzOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let input = unsafe Array(UnsafeBufferPointer(start: start, count: count))
  let version: ProtocolVersion = input.first.map { $0 & 1 } == 1 ? .v5 : .v311
  DecoderCheck.run(input) { PacketDecoder(version: version, maximumPacketSize: 1 << 20) }
  return 0
}
