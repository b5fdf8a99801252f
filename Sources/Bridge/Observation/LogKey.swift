/// The keys of log lines, so that one thing has one name everywhere.
///
/// None of them is for passwords, tokens or payloads.
enum LogKey {
  static let version = "version"
  static let process = "pid"
  static let signal = "signal"
  static let data = "data"
  static let listen = "listen"
  static let adminListen = "admin_listen"
  static let broker = "broker"
  static let clientID = "client_id"
  static let attempt = "attempt"
  static let servers = "servers"
  static let reason = "reason"
  static let retryIn = "retry_in"
  static let sessionPresent = "session_present"
  static let receiveMaximum = "receive_maximum"
  static let publishID = "publish"
  static let topic = "topic"
  static let qos = "qos"
  static let reasonCode = "reason_code"
  static let stream = "stream"
  static let filters = "filters"
  static let count = "count"
  static let bytes = "bytes"
  static let status = "status"
  static let duration = "duration"
}
