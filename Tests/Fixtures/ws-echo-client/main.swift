import Foundation
import TestSupport
import WebSocketProtocol

// The client under test of a conformance suite such as Autobahn's: it asks the server on this port
// of 127.0.0.1 how many cases there are, plays each by sending every message back, and asks for the
// report. Usage: ws-echo-client PORT [--no-context-takeover]

func connect(_ port: UInt16, _ path: String) throws -> WebSocketPeer {
  var offer = DeflateParameters()
  offer.clientContextTakeover = !CommandLine.arguments.contains("--no-context-takeover")
  return try WebSocketPeer(
    connectingTo: port, path: path, deflate: offer, limits: .ofConformanceSuites)
}

func runCase(_ port: UInt16, _ number: Int) throws {
  let peer = try connect(port, "/runCase?case=\(number)&agent=mqtt-bridge")
  while let message = try peer.nextMessage(within: .seconds(60)) {
    try peer.send(message.kind, message.bytes)
  }
}

func run(_ port: UInt16) throws {
  let answer = try connect(port, "/getCaseCount").nextMessage()
  guard let answer, let count = Int(String(decoding: answer.bytes, as: UTF8.self)) else {
    throw TestFailure("the server does not say how many cases there are")
  }
  for number in 1...max(1, count) {
    do {
      try runCase(port, number)
    } catch let failure as TestFailure {
      print("case \(number): \(failure)")
    } catch {
      // Many cases end in a violation; whether rightly, the server judges.
      continue
    }
  }
  _ = try connect(port, "/updateReports?agent=mqtt-bridge").nextMessage()
  print("played \(count) cases")
}

guard let port = CommandLine.arguments.dropFirst().first.flatMap({ UInt16($0) }) else {
  print("usage: ws-echo-client PORT [--no-context-takeover]")
  exit(2)
}
try run(port)
