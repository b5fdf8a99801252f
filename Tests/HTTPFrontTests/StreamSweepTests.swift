import HTTPFront
import TestSupport
import Testing

extension LiveServerTests {
  /// Groups with more members than one turn of the loop writes to.
  @Suite struct StreamSweepTests {
    @Test func `a frame for many streams takes several turns of the loop`() throws {
      let application = try TestApplication { _ in .stream(TestFrames.head()) }
      try withServer(application) { server in
        let streams = try (0..<200).map { _ in try TestStream(server, application) }
        for stream in streams { try stream.send(.join(stream.id, 1)) }
        let before = server.statistics(ofShard: 0).turnsTotal
        try streams[0].send(.append(TestFrames.frame(1), groups: [1]))
        for stream in streams { #expect(try stream.numbers(1) == [1]) }
        #expect(server.statistics(ofShard: 0).turnsTotal - before >= 12)
      }
    }

    @Test func `streams that leave and come during a sweep change nothing for the others`() throws {
      var random = SeededGenerator(for: "stream sweep")
      let application = try TestApplication { _ in .stream(TestFrames.head()) }
      try withServer(application) { server in
        var streams = try (0..<80).map { _ in try TestStream(server, application) }
        var joined = streams.map { _ in 1 }
        for stream in streams { try stream.send(.join(stream.id, 1)) }
        for number in 1...400 {
          let sender = streams[0]
          try sender.send(.append(TestFrames.frame(number), groups: [1]))
          if random.chance(0.1), streams.count > 40 {
            let index = Int.random(in: 1..<streams.count, using: &random)
            try streams[index].send(.end(streams[index].id, last: nil))
            streams.remove(at: index)
            joined.remove(at: index)
          }
          if random.chance(0.05) {
            let stream = try TestStream(server, application)
            try stream.send(.join(stream.id, 1))
            streams.append(stream)
            joined.append(number + 1)
          }
        }
        for (stream, first) in zip(streams, joined) where first <= 400 {
          #expect(try stream.numbers(401 - first) == Array(first...400))
        }
        #expect(eventually { server.statistics(ofShard: 0).ringBytes == 0 })
      }
    }

    @Test func `more frames than one call takes reach every stream`() throws {
      let application = try TestApplication { _ in .stream(TestFrames.head()) }
      try withServer(application) { server in
        let streams = try (0..<40).map { _ in try TestStream(server, application) }
        for stream in streams { try stream.send(.join(stream.id, 1)) }
        let commands = (1...300).map { StreamCommand.append(TestFrames.frame($0), groups: [1]) }
        try #require(server.send(commands, toShard: 0))
        for stream in streams { #expect(try stream.numbers(300) == Array(1...300)) }
        #expect(eventually { server.statistics(ofShard: 0).ringBytes == 0 })
      }
    }
  }
}
