import Glibc
import MQTTClient

/// The library MQTTClient as mosqbench measures libmosquitto: the same options, the same line.
///
///     client-bench pub -p PORT -n COUNT -q QOS -s SIZE -i INFLIGHT -t TOPIC [-o OUTSTANDING]
///     client-bench sub -p PORT -n COUNT -q QOS -i INFLIGHT -t TOPIC
///     client-bench conn -p PORT -n COUNT
///
/// With `-b` the blocking `MQTTConnection` does it instead of `MQTTClient`. A count in the line is of
/// messages that were acknowledged or arrived; anything else ends the program with status 1.
@main struct ClientBench {
  static func main() async {
    do {
      let arguments = try BenchArguments(CommandLine.arguments)
      switch (arguments.mode, arguments.isBlocking) {
      case (.publish, false): try await AsyncBench(arguments).publish()
      case (.subscribe, false): try await AsyncBench(arguments).subscribe()
      case (.connect, false): try await AsyncBench(arguments).connect()
      case (.publish, true): try BlockingBench(arguments).publish()
      case (.subscribe, true): try BlockingBench(arguments).subscribe()
      case (.connect, true): try BlockingBench(arguments).connect()
      }
    } catch {
      print("client-bench: \(error)")
      exit(1)
    }
  }
}

/// Why there is no figure.
enum BenchFailure: Error {
  case usage
  case publish(PublishOutcome)
  case endedAfter(Int)
}

extension PublishOutcome {
  /// Throws unless the message went out.
  func check() throws(BenchFailure) {
    switch self {
    case .sent, .acknowledged(_, reasonString: _, isUncertain: false): return
    default: throw .publish(self)
    }
  }
}
