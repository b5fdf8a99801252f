/// How many streams are open: in all, for each account and for each client address.
///
/// It holds open streams only, so their limit bounds it.
package struct StreamCounts: Sendable {
  package struct Limits: Equatable, Sendable {
    package var total = 10_000
    package var perAccount = 100
    package var perAddress = 50

    package init() {}
  }

  private let limits: Limits
  private var total = 0
  private var accounts: [String: Int] = [:]
  private var addresses: [IPAddress: Int] = [:]

  package init(_ limits: Limits = Limits()) { self.limits = limits }

  package var open: Int { total }

  /// Counts a new stream, or says which limit is reached; then nothing is counted.
  package mutating func opened(
    _ account: String, _ address: IPAddress?, maximum: Int? = nil
  ) -> Refusal? {
    let address = address?.countedAs
    let perAccount = maximum.map { min($0, limits.total) } ?? limits.perAccount
    guard total < limits.total else { return refusal(limits.total, "in all") }
    guard accounts[account, default: 0] < perAccount else {
      return refusal(perAccount, "for this caller")
    }
    if let address, addresses[address, default: 0] >= limits.perAddress {
      return refusal(limits.perAddress, "for this client address")
    }
    total += 1
    accounts[account, default: 0] += 1
    if let address { addresses[address, default: 0] += 1 }
    return nil
  }

  /// Forgets a stream that was counted.
  package mutating func closed(_ account: String, _ address: IPAddress?) {
    guard let count = accounts[account] else {
      preconditionFailure("no stream of \(account) is open")
    }
    total -= 1
    accounts[account] = count > 1 ? count - 1 : nil
    guard let address = address?.countedAs, let count = addresses[address] else { return }
    addresses[address] = count > 1 ? count - 1 : nil
  }

  private func refusal(_ limit: Int, _ whose: String) -> Refusal {
    Refusal(.tooManyConnections, "\(limit) streams are open \(whose), which is the limit")
  }
}
