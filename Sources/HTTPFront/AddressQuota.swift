import EventLoop

/// How many connections each client address has, over all http threads.
final class AddressQuota: Sendable {
  private let limit: Int
  private let taken = Locked<[String: Int]>([:])

  /// A limit of 0 bounds nothing, and costs nothing.
  init(limit: Int) { self.limit = limit }

  /// A place for one more connection, which is free again when nobody holds it; nil when the address
  /// has its share.
  ///
  /// Addresses of IPv6 count by their first 64 bits, because one client has all of the others.
  func place(for address: String, counts: () -> Bool = { true }) -> AddressPlace? {
    guard limit > 0, counts(), let key = Self.key(of: address) else { return AddressPlace(nil, "") }
    let hasRoom = taken.withLock { taken in
      let count = taken[key, default: 0]
      guard count < limit else { return false }
      taken[key] = count + 1
      return true
    }
    return hasRoom ? AddressPlace(self, key) : nil
  }

  fileprivate func giveBack(_ key: String) {
    taken.withLock { taken in
      let count = taken[key, default: 0]
      taken[key] = count > 1 ? count - 1 : nil
    }
  }

  /// Nil for what has no address, such as a socket in the file system.
  static func key(of address: String) -> String? {
    if IPAddressText.ipv4(address[...]) != nil { return address }
    guard let bytes = IPAddressText.ipv6(address.prefix { $0 != "%" }) else { return nil }
    let mapped: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF]
    if bytes.starts(with: mapped) {
      return bytes[12...].map { "\($0)" }.joined(separator: ".")
    }
    return bytes[..<8].map { String($0, radix: 16) }.joined(separator: ":")
  }
}

/// One connection's share of what its address may have.
final class AddressPlace: Sendable {
  private let quota: AddressQuota?
  private let key: String

  fileprivate init(_ quota: AddressQuota?, _ key: String) {
    self.quota = quota
    self.key = key
  }

  deinit { quota?.giveBack(key) }
}
