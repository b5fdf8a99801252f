import Synchronization

/// A number that all http threads together must not exceed.
final class Quota: Sendable {
  private let limit: Int
  private let taken = Atomic<Int>(0)

  var used: Int { taken.load(ordering: .relaxed) }

  init(limit: Int) { self.limit = limit }

  /// Takes a share, or nothing when it does not fit.
  func take(_ amount: Int) -> Bool {
    let total = taken.add(amount, ordering: .relaxed).newValue
    if total <= limit { return true }
    giveBack(amount)
    return false
  }

  func giveBack(_ amount: Int) { taken.subtract(amount, ordering: .relaxed) }
}

/// What the http threads share: limits, and no data.
struct Quotas: Sendable {
  let streams: Quota
  let bodyBytes: Quota
  let addresses: AddressQuota

  init(_ options: HTTPServerOptions) {
    streams = Quota(limit: options.streamsMax)
    addresses = AddressQuota(limit: options.connectionsPerAddressMax)
    bodyBytes = Quota(limit: options.bodyBytesMax)
  }
}
