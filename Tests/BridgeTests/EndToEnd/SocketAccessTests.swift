import TestSupport
import Testing
import WebSocketProtocol

@testable import Bridge

extension EndToEnd {
  /// Who may do what on a WebSocket, and for how long.
  @Suite struct SocketAccessTests {
    private let guarded: GuardedProgram
    private var program: RunningProgram { guarded.program }

    init() throws { guarded = try GuardedProgram() }

    private static let house = ##""publish":["house/#"],"subscribe":["house/#"],"history":true"##

    @Test func `a filter must be a part of what is granted, and denied messages are left out`()
      throws
    {
      let token = try TestToken.make(
        "bob", grants: ##""subscribe":["house/#"],"deny":["house/+/secret"],"publish":["house/a"]"##
      )
      let socket = try SocketClient(program, token: token)
      let outside = try socket.ask(##"{"op":"subscribe","ref":1,"topics":["#"]}"##)
      #expect(outside.integer("status") == 403)
      #expect(outside.object("problem")?.string("code") == "filter-forbidden")
      let past = try socket.ask(#"{"op":"subscribe","ref":1,"topics":["house/#"],"since":"1h"}"#)
      #expect(past.object("problem")?.string("code") == "history-forbidden")
      _ = try socket.ask(#"{"op":"subscribe","topics":["house/1/open"]}"#)
      _ = try socket.ask(#"{"op":"subscribe","topics":["house/#"]}"#)
      try guarded.publish("1", to: "house/1/secret")
      try guarded.publish("2", to: "house/1/open")
      #expect(try socket.payloads(1) == ["2"])
      let publish = try socket.ask(#"{"op":"publish","ref":2,"topic":"house/b","payload":"x"}"#)
      #expect(publish.integer("status") == 403)
      #expect(publish.object("problem")?.string("code") == "topic-forbidden")
      #expect(publish.object("problem")?.boolean("kept") == false)
    }

    @Test func `who is not known gets no socket, nor does a page that is not listed`() throws {
      let token = try TestToken.make("bob", grants: Self.house)
      #expect(throws: HandshakeFailure.self) { _ = try SocketClient(program) }
      #expect(throws: HandshakeFailure.self) { _ = try SocketClient(program, token: "x.y.z") }
      #expect(throws: HandshakeFailure.self) {
        _ = try SocketClient(program, headers: [("Origin", "https://evil.example")], token: token)
      }
      let socket = try SocketClient(
        program, headers: [("Origin", GuardedProgram.origin)], token: token)
      #expect(socket.peer.subprotocol == "bridge.v1.json")
      #expect(throws: HandshakeFailure.self) {
        _ = try SocketClient(program, headers: [("Cookie", "__Host-bridge=\(token)")])
      }
      _ = try SocketClient(
        program,
        headers: [("Cookie", "__Host-bridge=\(token)"), ("Origin", GuardedProgram.origin)])
    }

    @Test func `a new token extends a socket, a lesser one does not, another subject ends it`()
      throws
    {
      let short = try TestToken.make("bob", lifetime: 6, grants: Self.house)
      let socket = try SocketClient(program, token: short)
      let witness = try SocketClient(program, token: short)
      _ = try socket.ask(#"{"op":"subscribe","topics":["house/#"]}"#)
      #expect(try socket.next("auth").string("reason") == "token_expires")
      let lesser = try TestToken.make("bob", grants: ##""subscribe":["house/a"]"##)
      let refused = try socket.ask(#"{"op":"auth","ref":1,"token":"\#(lesser)"}"#)
      #expect(refused.integer("status") == 403)
      let long = try TestToken.make(
        "bob", lifetime: 600, grants: Self.house + ##","deny":["house/secret"]"##)
      let extended = try socket.ask(#"{"op":"auth","ref":2,"token":"\#(long)"}"#)
      #expect(extended.integer("status") == 200 && extended.has("expires_at"))
      let before = #"{"op":"publish","ref":3,"topic":"house/secret","payload":"0"}"#
      #expect(try witness.ask(before).integer("status") == 200)
      #expect(try socket.ask(before).integer("status") == 403)
      // Both would have ended at the same time.
      #expect(try witness.next("close").string("reason") == "token_expired")
      try guarded.publish("1", to: "house/secret")
      try guarded.publish("2", to: "house/x")
      #expect(try socket.payloads(1) == ["2"])
      let other = try TestToken.make("eve", grants: Self.house)
      try socket.send(#"{"op":"auth","token":"\#(other)"}"#)
      #expect(try socket.next("close").string("reason") == "other_subject")
      #expect(try socket.closeStatus()?.code == .policyViolation)
    }

    @Test func `a socket is told before its token ends, and ended then`() throws {
      let token = try TestToken.make("bob", lifetime: 3, grants: Self.house)
      let socket = try SocketClient(program, token: token)
      #expect(try socket.next("auth").has("expires_at"))
      let close = try socket.next("close")
      #expect(close.string("reason") == "token_expired" && close.boolean("reconnect") == false)
      #expect(try socket.closeStatus()?.code == .policyViolation)
    }

    @Test func `sockets count as the streams of their caller`() throws {
      let token = try TestToken.make("bob", grants: Self.house + #","max_connections":2"#)
      let first = try SocketClient(program, token: token)
      let second = try SocketClient(program, token: token)
      #expect(throws: HandshakeFailure.self) { _ = try SocketClient(program, token: token) }
      try first.peer.close(CloseStatus(.normal))
      _ = try first.closeStatus()
      let isFree = eventually { (try? SocketClient(program, token: token)) != nil }
      #expect(isFree)
      try second.send(#"{"op":"ping"}"#)
      #expect(try second.next("pong").has("op"))
    }
  }
}
