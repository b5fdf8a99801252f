import Testing

@testable import MQTTClient

@Suite struct ServerSearchTests {
  private let servers: [BrokerURL]

  init() throws {
    servers = [
      try BrokerURL("mqtt://a"), try BrokerURL("mqtt+srv://b"), try BrokerURL("mqtt://c:1"),
    ]
  }

  private func target(_ server: BrokerURL, _ host: String, _ port: UInt16) -> ServerSearch.Step {
    .connect(ServerSearch.Target(server: server, host: host, port: port))
  }

  @Test func `servers come in order, and a service by its hosts`() {
    var search = ServerSearch(servers, until: .seconds(9))
    #expect(search.next(at: .zero) == target(servers[0], "a", 1883))
    search.failed(.closedByPeer(.connecting))
    #expect(search.next(at: .zero) == .lookUp(servers[1]))
    search.found([("x", 5), ("y", 6)])
    #expect(search.next(at: .zero) == target(servers[1], "x", 5))
    #expect(search.place == 1 && search.server == servers[1])
    search.failed(.writeStalled)
    #expect(search.next(at: .zero) == target(servers[1], "y", 6))
    search.failed(.timedOut(.dialling))
    #expect(search.next(at: .zero) == target(servers[2], "c", 1))
    search.failed(.closedByPeer(.tls))
    #expect(search.next(at: .zero) == .exhausted)
    #expect(search.failures.map(\.host) == ["a", "x", "y", "c"])
    #expect(
      search.error.description
        == "mqtt://a:1883: the broker closed the connection while connecting; "
        + "mqtt+srv://b (x:5): the broker takes no more bytes; "
        + "mqtt+srv://b (y:6): no answer while dialling; "
        + "mqtt://c:1: the broker closed the connection while negotiating TLS")
  }

  @Test func `each has an equal share of the time that is left, and the last all of it`() {
    var search = ServerSearch(servers, until: .seconds(9))
    _ = search.next(at: .zero)
    #expect(search.deadline == .seconds(3))
    search.failed(.writeStalled)
    #expect(search.deadline == nil)
    _ = search.next(at: .seconds(1))
    #expect(search.deadline == .seconds(5))
    search.found([("x", 5), ("y", 6)])
    _ = search.next(at: .seconds(3))
    #expect(search.deadline == .seconds(5))
    search.failed(.writeStalled)
    _ = search.next(at: .seconds(5))
    #expect(search.deadline == .seconds(7))
    search.failed(.writeStalled)
    _ = search.next(at: .seconds(7))
    #expect(search.deadline == nil)
  }

  @Test func `a server that comes after the end of the time has none`() {
    var search = ServerSearch(servers, until: .seconds(1))
    _ = search.next(at: .seconds(5))
    #expect(search.deadline == .seconds(5))
  }

  @Test func `what a single server failed by stands for itself`() {
    var search = ServerSearch([servers[0]], until: .seconds(1))
    _ = search.next(at: .zero)
    search.failed(.writeStalled)
    search.failed(.noServers)
    #expect(search.error == .writeStalled)
  }
}
