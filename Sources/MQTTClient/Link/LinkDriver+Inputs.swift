// What the application asks for.
extension LinkDriver {
  func apply(_ input: LinkContext.Input) {
    switch input {
    case .publish(let request):
      observer.wantsPublish(request.publish.qos)
      publish(request)
    case .publishAll(let source):
      while let request = source.nextPublish(context) {
        observer.wantsPublish(request.publish.qos)
        publish(request)
      }
    case .subscribe(let request):
      if let code = RequestCheck.refusal(of: request, version) {
        let codes = request.subscriptions.map { _ in code }
        return deliver(.subscribed(request.key, codes, reasonString: nil))
      }
      feed { $0.subscribe(request, at: $2, &$1) }
    case .unsubscribe(let key, let filters, let userProperties):
      if let code = RequestCheck.refusal(of: filters, userProperties, version) {
        return deliver(.unsubscribed(key, filters.map { _ in code }, reasonString: nil))
      }
      feed {
        $0.unsubscribe(key: key, filters: filters, userProperties: userProperties, at: $2, &$1)
      }
    case .acknowledge(let token, let reply): acknowledge(token, reply)
    case .acknowledgeAll(let tokens): for token in tokens { acknowledge(token, DeliveryReply()) }
    case .receivedRecorded(let key): feed { $0.receivedRecorded(key: key, at: $2, &$1) }
    case .releasedRecorded(let id): releasedRecorded(id)
    case .restartRecorded(let key): feed { $0.restartRecorded(key: key, at: $2, &$1) }
    case .cancel(let key, _) where journal?.cancel(key) ?? false: break
    case .cancel(let key, let answersSent):
      feed { session, actions, _ in
        session.cancel(key: key, answersSent: answersSent, &actions)
      }
    case .cancelAll(let answersSent):
      journal?.cancelAll()
      feed { session, actions, _ in session.cancelAll(answersSent: answersSent, &actions) }
    case .changeRate(let rate): feed { $0.changeRate(rate, at: $2, &$1) }
    case .reauthenticate(let key): feed { $0.reauthenticate(key: key, at: $2, &$1) }
    case .stop(let ending, let deadline): stop(ending, deadline: deadline)
    }
  }
}
