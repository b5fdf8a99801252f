// module: MQTTClient
import MQTTClient

/// A first byte for the piece size, and what a proxy says: whole or in pieces, it means the same.
@c(LLVMFuzzerTestOneInput)
public func fuzzOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let input = unsafe Array(UnsafeBufferPointer(start: start, count: count))
  guard let first = input.first else { return 0 }
  let (size, bytes) = (Int(first) + 1, input.dropFirst())
  let kinds: [() -> any ProxyHandshake] = [
    { HTTPConnectHandshake(host: "broker", port: 1883, username: "a", password: "b") },
    { SOCKS5Handshake(host: "broker", port: 1883, username: "a", password: "b") },
    { SOCKS5Handshake(host: "::1", port: 1883, username: nil, password: nil) },
  ]
  for make in kinds {
    let whole = talk(make(), bytes, pieces: max(1, bytes.count))
    precondition(whole == talk(make(), bytes, pieces: size), "the pieces change the meaning")
  }
  return 0
}

/// What a talk led to: the words said, and what came from beyond the proxy, or that it failed.
struct Talk: Equatable {
  var said: [UInt8] = []
  var rest: [UInt8]?
  var hasFailed = false
}

func talk(_ handshake: any ProxyHandshake, _ bytes: Bytes, pieces: Int) -> Talk {
  var handshake = handshake
  var talk = Talk()
  var left = bytes
  do throws(ProxyFailure) {
    talk.said = try handshake.start()
    while !left.isEmpty {
      let piece = left.prefix(pieces)
      left = left.dropFirst(pieces)
      if case .open(let rest) = try handshake.received(piece, &talk.said) {
        talk.rest = Array(rest + left)
        break
      }
    }
  } catch {
    precondition(!error.description.isEmpty)
    // How much is said before a failure depends on the pieces.
    return Talk(hasFailed: true)
  }
  return talk
}
