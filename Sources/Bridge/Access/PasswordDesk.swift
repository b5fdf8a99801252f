import Access
import HTTPFront

/// Who sends a request, with the place where passwords are checked; what every door needs.
struct PasswordDesk: Sendable {
  let desk: AccessDesk
  let bench: PasswordBench
  let accessLog: AccessLog

  /// Runs a check elsewhere; refused when too many wait.
  func run(
    _ check: PasswordCheck, _ done: @escaping @Sendable (PasswordCheck.Verdict) -> Void
  ) throws(Problem) {
    guard bench.run(check, done) else {
      throw Problem(
        .rateLimited, detail: "too many passwords are being checked",
        headers: ["Retry-After": "1"])
    }
  }

  /// It is known who sends a request.
  func identified(_ id: RequestID, _ pass: Pass) {
    accessLog.identified(id, pass.caller.subject)
  }
}
