// module: HTTPFront MQTTClient
// sources: Sources/Bridge/JSON/*.swift Sources/Bridge/Publishing/AckLevel.swift
// sources: Sources/Bridge/Publishing/FieldText.swift Sources/Bridge/Publishing/MediaType.swift
// sources: Sources/Bridge/Publishing/IdempotencyKey.swift Sources/Bridge/Publishing/MessageID.swift
// sources: Sources/Bridge/Publishing/Preferences.swift Sources/Bridge/Publishing/PublishDraft.swift
// sources: Sources/Bridge/Publishing/Problem+Pointer.swift
// sources: Sources/Bridge/Publishing/PublishEnvelope.swift
// sources: Sources/Bridge/Publishing/PublishHeaders.swift
// sources: Sources/Bridge/Publishing/PublishParser.swift
// sources: Sources/Bridge/Publishing/PublishTerms.swift
// sources: Sources/Bridge/Publishing/StoredMessage.swift
// sources: Sources/Bridge/Publishing/UserPropertiesField.swift
// sources: Sources/Bridge/Configuration/BasePath.swift
// sources: Sources/Bridge/Configuration/BridgeConfiguration.swift
// sources: Sources/Bridge/Configuration/ByteCount.swift
// sources: Sources/Bridge/Configuration/HTTPConfiguration.swift
// sources: Sources/Bridge/Configuration/HostPort.swift
// sources: Sources/Bridge/Configuration/MQTTConfiguration.swift
// sources: Sources/Bridge/Configuration/PublishingConfiguration.swift
// sources: Sources/Bridge/Configuration/Secret.swift
// sources: Sources/Bridge/Configuration/StreamConfiguration.swift
// link: -lmicrohttpd -I Sources/CMicroHTTPD
import HTTPFront
import MQTTClient

/// A request line, header lines, an empty line and a body, as a publish.
///
/// Whatever is accepted must be a message that a packet can carry, and must come back from the form
/// in which it is stored.
@c(LLVMFuzzerTestOneInput)
public func fuzzOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let input = unsafe Array(UnsafeBufferPointer(start: start, count: count))
  let request = readRequest(input)
  do throws(Problem) {
    let pathTopic =
      request.head.path.hasPrefix("/topics/") ? String(request.head.path.dropFirst(8)) : nil
    let draft = try PublishParser.parse(request, pathTopic: pathTopic)
    check(draft, request, .v5)
    check(draft, request, .v311)
  } catch {
    precondition((400..<500).contains(error.code.status), "\(error)")
    precondition(!error.response(to: request.head).body.isEmpty)
  }
  return 0
}

func check(_ draft: PublishDraft, _ request: Request, _ version: ProtocolVersion) {
  var configuration = BridgeConfiguration()
  configuration.mqtt.version = version
  do throws(Problem) {
    let terms = try PublishTerms(
      draft, request.head, configuration, id: MessageID(high: 1, low: 1), limits: nil,
      at: 1_790_071_872_345)
    var packet = terms.publish
    packet.packetID = packet.qos == .atMostOnce ? nil : 1
    let size = try? PacketEncoder.encodedSize(of: .publish(packet), version: version)
    precondition(size != nil, "\(terms.publish) cannot be sent")
    precondition(StoredMessage.decode(StoredMessage.encode(terms.publish)) == terms.publish)
  } catch {
    precondition((400..<500).contains(error.code.status), "\(error)")
  }
}

/// As HTTP would deliver it, without HTTP's own rules about which bytes are allowed where.
func readRequest(_ input: [UInt8]) -> Request {
  let newline = UInt8(ascii: "\n")
  var rest = input[...]
  func line() -> String {
    let end = rest.firstIndex(of: newline) ?? rest.endIndex
    let line = String(decoding: rest[..<end], as: UTF8.self)
    rest = rest[end...].dropFirst()
    return line
  }
  let target = line()
  var headers = HeaderFields()
  while !rest.isEmpty {
    let header = line()
    if header.isEmpty { break }
    let halves = header.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    headers.append(String(halves[0]), halves.count == 2 ? String(halves[1].drop { $0 == " " }) : "")
  }
  return Request(
    head: RequestHead(method: "POST", target: target, headers: headers), body: Array(rest),
    id: RequestID(shard: 0, serial: 1), arrivedAt: .zero)
}
