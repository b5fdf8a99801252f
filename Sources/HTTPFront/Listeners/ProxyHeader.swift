/// What a proxy says about a connection before its first byte: the PROXY protocol, versions 1 and 2.
enum ProxyHeader {
  enum Outcome: Equatable {
    /// More bytes are needed; all of those so far belong to the header.
    case incomplete
    case malformed
    /// So many bytes are the header.
    case complete(count: Int, Client)
  }

  /// Who is behind the proxy.
  enum Client: Equatable {
    /// The proxy itself, for its own checks, or one it cannot name: the peer's address counts.
    case peer
    /// The bytes of an address of IPv4 (4) or IPv6 (16), and a port.
    case address([UInt8], port: UInt16)
  }

  /// The longest header of version 1 with its line end, as the protocol says.
  private static let lineBytesMax = 107
  /// More than the addresses of any family and some additions take.
  private static let additionBytesMax = 4096
  private static let signature: [UInt8] = [
    0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A,
  ]
  private static let word: [UInt8] = Array("PROXY ".utf8)

  /// Reads what a connection begins with.
  static func read(_ bytes: [UInt8]) -> Outcome {
    if isBeginning(bytes, of: signature) { return readBinary(bytes) }
    if isBeginning(bytes, of: word) { return readLine(bytes) }
    return .malformed
  }

  private static func isBeginning(_ bytes: [UInt8], of whole: [UInt8]) -> Bool {
    bytes.prefix(whole.count).elementsEqual(whole.prefix(bytes.count))
  }

  private static func readLine(_ bytes: [UInt8]) -> Outcome {
    guard let end = bytes.firstIndex(of: 0x0A) else {
      return bytes.count < lineBytesMax ? .incomplete : .malformed
    }
    guard end < lineBytesMax, end >= 1, bytes[end - 1] == 0x0D,
      let line = String(validating: bytes[..<(end - 1)], as: UTF8.self)
    else { return .malformed }
    let parts = line.split(separator: " ", omittingEmptySubsequences: false)
    if parts.count >= 2, parts[1] == "UNKNOWN" { return .complete(count: end + 1, .peer) }
    guard parts.count == 6, let port = number(parts[4]), number(parts[5]) != nil else {
      return .malformed
    }
    let address: [UInt8]?
    switch parts[1] {
    case "TCP4": address = IPAddressText.ipv4(parts[2])
    case "TCP6": address = IPAddressText.ipv6(parts[2])
    default: address = nil
    }
    guard let address else { return .malformed }
    return .complete(count: end + 1, .address(address, port: port))
  }

  private static func number(_ text: Substring) -> UInt16? {
    guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
    return UInt16(text)
  }

  private static func readBinary(_ bytes: [UInt8]) -> Outcome {
    guard bytes.count >= 16 else { return .incomplete }
    let length = Int(bytes[14]) << 8 | Int(bytes[15])
    guard bytes[12] >> 4 == 2, length <= additionBytesMax else { return .malformed }
    guard bytes.count >= 16 + length else { return .incomplete }
    let count = 16 + length
    switch bytes[12] & 0x0F {
    case 0: return .complete(count: count, .peer)
    case 1: break
    default: return .malformed
    }
    // The family and the kind of socket; everything but TCP is left to the peer's address.
    switch bytes[13] {
    case 0x11:
      guard length >= 12 else { return .malformed }
      return .complete(count: count, .address(Array(bytes[16..<20]), port: port(bytes, 24)))
    case 0x21:
      guard length >= 36 else { return .malformed }
      return .complete(count: count, .address(Array(bytes[16..<32]), port: port(bytes, 48)))
    default: return .complete(count: count, .peer)
    }
  }

  private static func port(_ bytes: [UInt8], _ index: Int) -> UInt16 {
    UInt16(bytes[index]) << 8 | UInt16(bytes[index + 1])
  }
}
