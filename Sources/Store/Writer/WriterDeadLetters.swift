import EventLoop

/// What people ask of the dead letters; each request is a transaction of its own.
extension Writer {
  func serveDeadLetters(_ commands: [Command]) {
    for case .deadLetters(let request, let token) in commands {
      onEvent(.deadLetters(token: token, answer(request)))
    }
  }

  private func answer(_ request: DeadLetterRequest) -> DeadLetterAnswer {
    do throws(StoreError) {
      switch request {
      case .list(let before, let limit):
        let (letters, isEnd) = try database.deadLetters.page(before: before, limit: limit)
        return .page(letters, next: isEnd ? nil : letters.last?.number)
      case .find(let id):
        return try database.deadLetters.find(id).map(DeadLetterAnswer.found) ?? .unknown
      case .retry(let id):
        guard let letter = try database.deadLetters.find(id) else { return .unknown }
        guard letter.owner == nil else { return .handedOver(letter) }
        return retry(request, bytes: letter.body.count)
      case .delete, .deleteAll: return change(request)
      }
    } catch {
      fail(error)
      return .failed(error)
    }
  }

  /// An item that comes back takes room in the outbox as a new one does.
  private func retry(_ request: DeadLetterRequest, bytes: Int) -> DeadLetterAnswer {
    switch shared.request(messages: 1, bytes: bytes) {
    case .accepted: break
    case .full: return .full
    case .failing(let error): return .failed(error)
    case .closed: return .failed(.busy)
    }
    let answer = change(request)
    if answer != .retried { shared.withAdmission { $0.refused(messages: 1, bytes: bytes) } }
    return answer
  }

  private func change(_ request: DeadLetterRequest) -> DeadLetterAnswer {
    guard backoff == nil else { return .failed(statistics.failure ?? .busy) }
    do throws(WriteFailure) {
      let (effects, answer) = try database.change(request, at: WallClock.milliseconds())
      tell(effects)
      return answer
    } catch {
      fail(error.error)
      return .failed(error.error)
    }
  }
}
