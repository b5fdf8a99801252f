import CLinux
import Glibc

/// An IP address with a port.
package struct SocketAddress: Hashable, Sendable, CustomStringConvertible {
  package enum Host: Hashable, Sendable {
    case v4(UInt32)
    case v6(high: UInt64, low: UInt64, scope: UInt32)
  }

  package let host: Host
  package let port: UInt16

  package init(_ host: Host, port: UInt16) {
    self.host = host
    self.port = port
  }

  /// 127.0.0.1.
  package static func loopback(port: UInt16) -> Self { Self(.v4(0x7F00_0001), port: port) }

  package var isVersion6: Bool {
    switch host {
    case .v4: false
    case .v6: true
    }
  }

  package var family: Int32 { isVersion6 ? AF_INET6 : AF_INET }

  package var description: String {
    switch host {
    case .v4(let bits):
      let bytes = bits.bigEndianBytes
      return "\(bytes[0]).\(bytes[1]).\(bytes[2]).\(bytes[3]):\(port)"
    case .v6(let high, let low, let scope):
      var address = in6_addr(high: high, low: low)
      let text = unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 64) { buffer in
        guard let base = buffer.baseAddress, unsafe inet_ntop(AF_INET6, &address, base, 64) != nil
        else { return "?" }
        return unsafe String(cString: base)
      }
      return scope == 0 ? "[\(text)]:\(port)" : "[\(text)%\(scope)]:\(port)"
    }
  }

  /// Reads what the system filled in; nil for other families.
  init?(_ raw: UnsafePointer<sockaddr>, length: socklen_t) {
    switch unsafe Int32(raw.pointee.sa_family) {
    case AF_INET where length >= MemoryLayout<sockaddr_in>.size:
      let address = unsafe UnsafeRawPointer(raw).loadUnaligned(as: sockaddr_in.self)
      self.init(
        .v4(UInt32(bigEndian: address.sin_addr.s_addr)), port: UInt16(bigEndian: address.sin_port))
    case AF_INET6 where length >= MemoryLayout<sockaddr_in6>.size:
      let address = unsafe UnsafeRawPointer(raw).loadUnaligned(as: sockaddr_in6.self)
      let halves = address.sin6_addr.halves
      self.init(
        .v6(high: halves.high, low: halves.low, scope: address.sin6_scope_id),
        port: UInt16(bigEndian: address.sin6_port))
    default: return nil
    }
  }

  /// Lends the address in the form that `connect` and `bind` take.
  func withSystemAddress<Result>(
    _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
  ) -> Result {
    switch host {
    case .v4(let bits):
      var address = sockaddr_in()
      address.sin_family = sa_family_t(AF_INET)
      address.sin_port = port.bigEndian
      address.sin_addr.s_addr = bits.bigEndian
      return unsafe lend(&address, body)
    case .v6(let high, let low, let scope):
      var address = sockaddr_in6()
      address.sin6_family = sa_family_t(AF_INET6)
      address.sin6_port = port.bigEndian
      address.sin6_addr = in6_addr(high: high, low: low)
      address.sin6_scope_id = scope
      return unsafe lend(&address, body)
    }
  }

  private func lend<Address, Result>(
    _ address: inout Address, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
  ) -> Result {
    let length = socklen_t(MemoryLayout<Address>.size)
    return unsafe withUnsafePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe body($0, length) }
    }
  }
}

extension UInt32 {
  fileprivate var bigEndianBytes: [UInt8] {
    [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: self >> $0) }
  }
}

extension in6_addr {
  fileprivate init(high: UInt64, low: UInt64) {
    self.init()
    unsafe withUnsafeMutableBytes(of: &self) { bytes in
      unsafe bytes.storeBytes(of: high.bigEndian, toByteOffset: 0, as: UInt64.self)
      unsafe bytes.storeBytes(of: low.bigEndian, toByteOffset: 8, as: UInt64.self)
    }
  }

  fileprivate var halves: (high: UInt64, low: UInt64) {
    unsafe withUnsafeBytes(of: self) { bytes in
      unsafe (
        UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 0, as: UInt64.self)),
        UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
      )
    }
  }
}
