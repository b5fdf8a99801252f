import EventLoop

/// One http thread.
final class Shard {
  static func start(
    _ port: ShardPort, _ socket: Int32, _ options: HTTPServerOptions,
    _ application: any HTTPApplication
  ) throws(HTTPServerError) -> LoopThread {
    throw .daemonNotStarted
  }
}
