import EventLoop
import Testing

@testable import HTTPFront

extension LiveServerTests {
  @Suite struct ClientAddressTests {
    @Test func `one address has so many connections, streams and WebSockets included`() throws {
      let application = try TestApplication { request in
        switch request.head.path {
        case "/subscribe": .stream(TestFrames.head())
        default: .respond(.text("plain"))
        }
      }
      try withServer(
        application,
        { options in
          options.connectionsPerAddressMax = 2
          options.threads = 2
        }
      ) { server in
        var stream: TestStream? = try TestStream(server, application)
        let second = try TestClient(port: server.port)
        second.get("/")
        #expect(try second.readAnswer().status == 200)
        let third = try TestClient(port: server.port)
        third.get("/")
        let answer = try third.readAnswer()
        #expect(answer.status == 429)
        #expect(answer.body.contains("too-many-connections"))
        #expect(answer.headers["retry-after"] != nil)
        #expect(try third.isClosedByServer())
        #expect(stream != nil)
        stream = nil
        #expect(application.nextClosed() == .clientLeft)
        #expect(
          eventually {
            guard let next = try? TestClient(port: server.port) else { return false }
            next.get("/")
            return (try? next.readAnswer().status) == 200
          })
      }
    }

    @Test func `the application can refuse a connection by its address`() throws {
      let application = try TestApplication(welcomes: { $0 != "127.0.0.1" }) { _ in
        .respond(.text("plain"))
      }
      try withServer(application) { server in
        let client = try TestClient(port: server.port)
        client.get("/")
        #expect(try client.readAnswer().status == 429)
      }
    }

    @Test(arguments: [
      ("192.0.2.7", "192.0.2.7"), ("::ffff:192.0.2.7", "192.0.2.7"),
      ("2001:db8:1:2:3:4:5:6", "20:1:d:b8:0:1:0:2"), ("2001:db8:1:2::9", "20:1:d:b8:0:1:0:2"),
      ("fe80::1%eth0", "fe:80:0:0:0:0:0:0"), ("unix", nil), ("unknown", nil),
    ])
    func `addresses count as what one client has`(address: String, key: String?) {
      #expect(AddressQuota.key(of: address) == key)
    }

    @Test func `a refusal that an EventSource survives says when to come back`() {
      let head = RequestHead(method: "GET", target: "/", headers: ["Accept": "text/event-stream"])
      let problem = Problem(.tooManyConnections, headers: ["Retry-After": "5"])
      let soft = problem.softResponse(to: head, retry: .seconds(5))
      #expect(soft.status == 200)
      let text = String(decoding: soft.body, as: UTF8.self)
      #expect(text.hasPrefix("retry: 5000\nevent: bridge.close\ndata: {\"type\":"))
      #expect(text.hasSuffix("}\n\n"))
      let forbidden = Problem(.brokerNotAuthorized).softResponse(to: head, retry: .seconds(5))
      #expect(forbidden.status == 403)
      let curl = RequestHead(method: "GET", target: "/", headers: ["Accept": "*/*"])
      #expect(problem.softResponse(to: curl, retry: .seconds(5)).status == 429)
    }
  }
}
