package import EventLoop

/// Turns host names into addresses, and domains into hosts, without blocking the thread that asks.
///
/// Each question gets a short-lived thread of its own, because the system's resolver cannot be
/// interrupted. One that hangs keeps only its own thread; when `lookupsMax` of them hang, the next
/// question is refused at once. An answer that comes too late is the asker's to ignore.
package final class Resolver: Sendable {
  package typealias Lookup =
    @Sendable (_ host: String, _ port: UInt16) -> Result<[SocketAddress], HostLookup.Failure>

  package typealias ServiceQuestion =
    @Sendable (_ name: String) -> Result<[ServiceRecord], HostLookup.Failure>

  /// What a question led to, before any answer.
  package enum Started: Equatable, Sendable {
    /// The host was spelled out in digits.
    case known(SocketAddress)
    case asked
    case refused(ResolutionError)
  }

  private final class Running: Sendable {
    let count = Locked(0)
  }

  package let lookupsMax: Int
  private let lookup: Lookup
  private let serviceLookup: ServiceQuestion
  private let running = Running()

  package init(
    lookupsMax: Int = 4, lookup: @escaping Lookup = HostLookup.addresses,
    serviceLookup: @escaping ServiceQuestion = { ServiceLookup.records(of: $0) }
  ) {
    precondition(lookupsMax > 0, "a resolver for \(lookupsMax) lookups")
    self.lookupsMax = lookupsMax
    self.lookup = lookup
    self.serviceLookup = serviceLookup
  }

  /// Asks for the addresses of a host; `answer` runs on the lookup's thread if this says `asked`.
  package func resolve(
    _ host: String, port: UInt16,
    answer: @escaping @Sendable (Result<[SocketAddress], ResolutionError>) -> Void
  ) -> Started {
    if let address = HostLookup.literal(host, port: port) { return .known(address) }
    let lookup = lookup
    return ask({ lookup(host, port) }, answer)
  }

  /// Asks for the hosts of a service such as `_mqtt._tcp.example.org`; never `known`.
  package func resolve(
    service name: String,
    answer: @escaping @Sendable (Result<[ServiceRecord], ResolutionError>) -> Void
  ) -> Started {
    let lookup = serviceLookup
    return ask({ lookup(name) }, answer)
  }

  private func ask<Found>(
    _ question: @escaping @Sendable () -> Result<[Found], HostLookup.Failure>,
    _ answer: @escaping @Sendable (Result<[Found], ResolutionError>) -> Void
  ) -> Started {
    let mayStart = running.count.withLock { count in
      guard count < lookupsMax else { return false }
      count += 1
      return true
    }
    guard mayStart else { return .refused(.busy(lookups: lookupsMax)) }
    let running = running
    do throws(SystemError) {
      _ = try LoopThread(name: "resolver") {
        let found = question()
        running.count.withLock { $0 -= 1 }
        answer(Self.checked(found))
      }
      return .asked
    } catch {
      running.count.withLock { $0 -= 1 }
      return .refused(.noThread(error))
    }
  }

  private static func checked<Found>(
    _ found: Result<[Found], HostLookup.Failure>
  ) -> Result<[Found], ResolutionError> {
    switch found {
    case .success(let found) where found.isEmpty: .failure(.noAddress)
    case .success(let found): .success(found)
    case .failure(let failure): .failure(.failed(failure))
    }
  }
}

/// Why a host name has no addresses.
package enum ResolutionError: Error, Equatable, Sendable, CustomStringConvertible {
  case failed(HostLookup.Failure)
  case noAddress
  /// DNS says that the domain does not offer the service.
  case noService
  /// That many earlier lookups have not been answered by the system.
  case busy(lookups: Int)
  case noThread(SystemError)

  package var description: String {
    switch self {
    case .failed(let failure): failure.description
    case .noService: "the domain does not offer this service"
    case .noAddress: "the name has no address"
    case .busy(let lookups): "\(lookups) earlier lookups have no answer yet"
    case .noThread(let error): error.description
    }
  }
}
