import EventLoop
import HTTPFront
import Store

/// Why the bridge could not start, in one line that says what to change.
enum StartFailure: Error, CustomStringConvertible {
  case store(StoreError, directory: String)
  case server(HTTPServerError, setting: String)
  case system(SystemError)
  case access(String)

  /// The exit status, after sysexits: 75 for what may pass, 73 and 69 for what must be changed.
  var status: Int32 {
    switch self {
    case .store(.locked, _), .store(.busy, _): 75
    case .store: 73
    case .server, .system, .access: 69
    }
  }

  var description: String {
    switch self {
    case .store(let error, let directory):
      "cannot open the data directory '\(directory)': \(error)"
    case .server(let error, let setting): "\(Self.text(error)) (setting \(setting))"
    case .system(let error): "cannot start: \(error)"
    case .access(let reason): "cannot start: \(reason)"
    }
  }

  private static func text(_ error: HTTPServerError) -> String {
    switch error {
    case .unknownHost(let host): "the host '\(host)' to listen on is unknown"
    case .addressInUse(let host, 0): "\(host) is in use by another program"
    case .addressInUse(let host, let port): "\(host):\(port) is in use by another program"
    case .addressNotAvailable(let host): "this machine has no address '\(host)' to listen on"
    case .permissionDenied(let port): "listening on port \(port) is not permitted"
    case .unusablePath(let path): "no socket can be made at '\(path)'"
    case .systemCall(let call, let number):
      "cannot listen: \(call): \(SystemError.text(of: number))"
    case .daemonNotStarted: "the HTTP library did not start"
    }
  }
}
