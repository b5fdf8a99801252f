import EventLoop
import Foundation
import Glibc
import TestSupport
import Testing

@Suite struct ServiceLookupTests {
  @Test func `a question goes to DNS and its records come back`() throws {
    let server = try ScriptedNameServer { question in
      #expect(question == "_mqtt._tcp.example.org")
      return [
        ServiceRecord(priority: 1, weight: 2, port: 1883, target: "a.example.org"),
        ServiceRecord(priority: 3, weight: 0, port: 1884, target: "b.example.org"),
      ]
    }
    let found = ServiceLookup.records(
      of: "_mqtt._tcp.example.org", server: .loopback(port: server.port))
    let records = try found.get()
    #expect(records.map(\.target) == ["a.example.org", "b.example.org"])
    #expect(records.map(\.priority) == [1, 3])
    #expect(records.map(\.weight) == [2, 0])
    #expect(records.map(\.port) == [1883, 1884])
  }

  @Test func `a name that does not exist is an error in words`() throws {
    let server = try ScriptedNameServer { _ in nil }
    let found = ServiceLookup.records(
      of: "_mqtt._tcp.nowhere.example", server: .loopback(port: server.port))
    guard case .failure(let failure) = found else {
      Issue.record("there were records")
      return
    }
    #expect(failure.description == "Unknown host")
  }

  @Test func `every cut of an answer and every changed byte is survived`() {
    let records = [
      ServiceRecord(priority: 1, weight: 2, port: 1883, target: "a.example.org"),
      ServiceRecord(priority: 1, weight: 2, port: 1884, target: ""),
    ]
    let answer = ScriptedNameServer.answer(to: ScriptedNameServer.question("s.example"), records)
    #expect(ServiceAnswer.records(in: answer[...]) == records)
    for count in 0..<answer.count {
      #expect(ServiceAnswer.records(in: answer[..<count]) == nil)
    }
    for index in answer.indices {
      for byte: UInt8 in [0, 0x3F, 0x40, 0xC0, 0xFF] {
        var changed = answer
        changed[index] = byte
        _ = ServiceAnswer.records(in: changed[...])
      }
    }
  }

  @Test func `a name that points to itself is no name`() {
    var answer = ScriptedNameServer.question("s.example")
    answer[7] = 1
    let place = UInt8(answer.count)
    answer += [0xC0, place] + [UInt8](repeating: 0, count: 16)
    #expect(ServiceAnswer.records(in: answer[...]) == nil)
  }
}

/// A name server on a UDP port of this machine, which answers from a closure.
final class ScriptedNameServer: Sendable {
  let port: UInt16
  private let isOver = Stop()

  private final class Stop: Sendable {
    let isSet = Locked(false)
  }

  /// Nil as an answer means that the name does not exist.
  init(_ answers: @escaping @Sendable (String) -> [ServiceRecord]?) throws {
    let descriptor = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isBound = unsafe withUnsafeMutablePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe bind(descriptor, $0, length) == 0 && getsockname(descriptor, $0, &length) == 0
      }
    }
    guard isBound else { throw TestFailure("cannot bind: errno \(errno)") }
    port = UInt16(bigEndian: address.sin_port)
    // The thread alone closes the descriptor, whose number another socket may then have.
    Thread.detachNewThread { [isOver] in
      var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      while !isOver.isSet.withLock({ $0 }) {
        if unsafe poll(&entry, 1, 50) > 0 { Self.serve(descriptor, answers) }
      }
      close(descriptor)
    }
  }

  deinit { isOver.isSet.withLock { $0 = true } }

  private static func serve(
    _ descriptor: Int32, _ answers: (String) -> [ServiceRecord]?
  ) {
    var query = [UInt8](repeating: 0, count: 2048)
    var peer = sockaddr_in()
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    unsafe withUnsafeMutablePointer(to: &peer) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        let count = unsafe recvfrom(descriptor, &query, query.count, 0, address, &length)
        guard count > 12 else { return }
        let end = (query[12...].firstIndex(of: 0) ?? 12) + 5
        let question = Array(query[..<min(end, count)])
        let reply = answer(to: question, answers(name(in: question)))
        _ = unsafe sendto(descriptor, reply, reply.count, 0, address, length)
      }
    }
  }

  private static func name(in question: [UInt8]) -> String {
    var labels: [String] = []
    var place = 12
    while question[place] > 0 {
      let end = place + 1 + Int(question[place])
      labels.append(String(decoding: question[(place + 1)..<end], as: UTF8.self))
      place = end
    }
    return labels.joined(separator: ".")
  }

  static func question(_ name: String) -> [UInt8] {
    [0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0] + encoded(name) + [0, 33, 0, 1]
  }

  static func answer(to question: [UInt8], _ records: [ServiceRecord]?) -> [UInt8] {
    var bytes = question
    bytes[2] = 0x81
    bytes[3] = records == nil ? 0x83 : 0x80
    bytes[7] = UInt8(records?.count ?? 0)
    bytes.replaceSubrange(8..<12, with: [0, 0, 0, 0])
    for record in records ?? [] {
      let numbers = [record.priority, record.weight, record.port]
      let data =
        numbers.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xFF)] } + encoded(record.target)
      bytes += [0xC0, 12, 0, 33, 0, 1, 0, 0, 0, 60, 0, UInt8(data.count)] + data
    }
    return bytes
  }

  private static func encoded(_ name: String) -> [UInt8] {
    name.split(separator: ".").flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) } + [0]
  }
}
