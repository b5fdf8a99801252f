import CLinux
import Glibc

/// One host that serves a domain, as DNS names it. [RFC 2782]
package struct ServiceRecord: Hashable, Sendable {
  /// The lowest is tried first.
  package let priority: UInt16
  /// The share among those of one priority.
  package let weight: UInt16
  package let port: UInt16
  /// Without the dot at its end; empty when the domain says that it has no such service.
  package let target: String

  package init(priority: UInt16, weight: UInt16, port: UInt16, target: String) {
    self.priority = priority
    self.weight = weight
    self.port = port
    self.target = target
  }
}

/// The system's questions to DNS for the hosts of a service.
package enum ServiceLookup {
  /// Every record of a name such as `_mqtt._tcp.example.org`; blocks as long as the system does.
  ///
  /// `server` takes the place of the system's name servers.
  package static func records(
    of name: String, server: SocketAddress? = nil
  ) -> Result<[ServiceRecord], HostLookup.Failure> {
    var answer = [UInt8](repeating: 0, count: 65_536)
    var address: UInt32 = 0
    if case .v4(let bits)? = server?.host { address = bits }
    let count = unsafe name.withCString { name in
      unsafe answer.withUnsafeMutableBufferPointer { buffer in
        unsafe clinux_query_services(
          name, buffer.baseAddress, Int32(buffer.count), address, server?.port ?? 0)
      }
    }
    guard count >= 0 else {
      let text = unsafe hstrerror(-count).map { unsafe String(cString: $0) }
      return .failure(.init(code: count, description: text ?? "error \(-count)"))
    }
    guard let records = ServiceAnswer.records(in: answer.prefix(Int(count))) else {
      return .failure(.init(code: 0, description: "the answer from DNS is malformed"))
    }
    return .success(records)
  }
}

/// Reads the SRV records out of an answer from DNS. [RFC 1035, section 4; RFC 2782]
package enum ServiceAnswer {
  private static let serviceType: UInt16 = 33
  private static let internetClass: UInt16 = 1

  /// Nil when the bytes are no answer.
  package static func records(in message: ArraySlice<UInt8>) -> [ServiceRecord]? {
    let message = Array(message)
    var place = 12
    guard message.count >= place, let questions = number(message, at: 4),
      let answers = number(message, at: 6)
    else { return nil }
    for _ in 0..<questions {
      guard let end = name(message, at: place)?.end else { return nil }
      place = end + 4
    }
    var records: [ServiceRecord] = []
    for _ in 0..<answers {
      guard let start = name(message, at: place)?.end, let type = number(message, at: start),
        let kind = number(message, at: start + 2), let length = number(message, at: start + 8),
        start + 10 + Int(length) <= message.count
      else { return nil }
      let data = start + 10
      place = data + Int(length)
      guard type == serviceType, kind == internetClass else { continue }
      guard length >= 7, let priority = number(message, at: data),
        let weight = number(message, at: data + 2), let port = number(message, at: data + 4),
        let target = name(message, at: data + 6)
      else { return nil }
      records.append(
        ServiceRecord(priority: priority, weight: weight, port: port, target: target.text))
    }
    return records
  }

  private static func number(_ message: [UInt8], at place: Int) -> UInt16? {
    guard place + 2 <= message.count else { return nil }
    return UInt16(message[place]) << 8 | UInt16(message[place + 1])
  }

  /// The name that begins here, and where in the message it ends; nil unless it is a host's.
  private static func name(_ message: [UInt8], at start: Int) -> (text: String, end: Int)? {
    var (text, place, jumps) = ("", start, 0)
    var end: Int?
    while place < message.count {
      let length = Int(message[place])
      switch length {
      case 0: return (text, end ?? place + 1)
      case 1..<64:
        guard place + length < message.count, text.utf8.count + length < 254 else { return nil }
        let label = message[(place + 1)...(place + length)]
        guard label.allSatisfy(isNameByte) else { return nil }
        text += (text.isEmpty ? "" : ".") + String(decoding: label, as: UTF8.self)
        place += 1 + length
      case 0xC0...:
        // Jumps could form a circle.
        jumps += 1
        guard jumps < 64, let pointer = number(message, at: place) else { return nil }
        end = end ?? place + 2
        place = Int(pointer & 0x3FFF)
      default: return nil
      }
    }
    return nil
  }

  private static func isNameByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
      true
    default: false
    }
  }
}
