import HTTPFront
import MQTTClient
import Store
import Synchronization

/// The parts of a running bridge, for those that were made before the part they talk to.
///
/// Each part is put in once, before the first request is served.
final class Wiring: Sendable {
  private let storePart = AtomicLazyReference<Store>()
  private let linkPart = AtomicLazyReference<Link<BrokerApplication>>()
  private let serverPart = AtomicLazyReference<HTTPServer>()
  private let draining = Atomic<Bool>(false)

  let status = BrokerStatus()

  var store: Store? { storePart.load() }
  var link: Link<BrokerApplication>? { linkPart.load() }
  var server: HTTPServer? { serverPart.load() }

  /// The bridge is stopping: nothing new is accepted.
  var isDraining: Bool { draining.load(ordering: .relaxed) }

  func connect(store: Store) { _ = storePart.storeIfNil(store) }
  func connect(link: Link<BrokerApplication>) { _ = linkPart.storeIfNil(link) }
  func connect(server: HTTPServer) { _ = serverPart.storeIfNil(server) }
  func drain() { draining.store(true, ordering: .relaxed) }
}
