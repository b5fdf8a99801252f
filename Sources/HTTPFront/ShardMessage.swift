/// What other threads send to a http thread.
enum ShardMessage: Sendable {
  case answer(serial: UInt64, Response)
  case stream(serial: UInt64, StreamHead)
  case upgrade(serial: UInt64, WebSocketHead)
  case resumeBody(serial: UInt64)
  case again(serial: UInt64)
  case command(StreamCommand)
  case identity(TLSIdentity, listener: Int)
  case quiesce(patience: Duration)
  case stop(deadline: Duration)
}
