/// The rights that have no topic.
extension Grants {
  /// Whether a publish may wait for replies; the publish itself is asked for apart.
  package var mayRequest: Decision {
    flag(request, "request", .requestForbidden, "a request that waits for replies")
  }

  /// Whether messages may be read that came before the subscription.
  package var mayReadHistory: Decision {
    flag(history, "history", .historyForbidden, "reading messages of the past")
  }

  package var mayAdminister: Decision {
    flag(admin, "admin", .adminForbidden, "administration")
  }

  private func flag(
    _ isGranted: Bool, _ name: String, _ code: Refusal.Code, _ act: String
  ) -> Decision {
    isGranted
      ? .granted
      : .refused(Refusal(code, "\(act) needs the right '\(name)', which \(origin) does not give"))
  }
}
