import EventLoop
import HTTPFront
import Store

/// `POST /admin/backup`: copies the database into the configured directory, one copy at a time.
final class BackupRequests: Sendable {
  private var configuration: BridgeConfiguration { wiring.live.value }
  private let wiring: Wiring
  private let place: AdminPlace

  init(_ configuration: BridgeConfiguration, _ wiring: Wiring, at place: AdminPlace) {
    self.wiring = wiring
    self.place = place
  }

  /// The name of the copy is ours: a caller could else write anywhere.
  func start(_ request: Request) throws(Problem) -> Answer {
    guard let folder = configuration.backups else {
      throw Problem(
        .notFound, detail: "no directory for backups is configured", hint: "setting backups")
    }
    let isFirst = wiring.isBackingUp.withLock { isRunning in
      defer { isRunning = true }
      return !isRunning
    }
    guard isFirst else {
      throw Problem(
        .backupRunning, detail: "another backup is being made", headers: ["Retry-After": "5"])
    }
    let time = Timestamp(milliseconds: WallClock.milliseconds()).description
    let name = "bridge-" + time.filter { $0.isNumber || $0 == "T" || $0 == "Z" } + ".sqlite3"
    do throws(SystemError) {
      _ = try LoopThread(name: "backup") { [self] in
        let response = copy(to: folder + "/" + name, name, request.head)
        wiring.isBackingUp.withLock { $0 = false }
        wiring.answer(request.id, at: place, with: response)
      }
    } catch {
      wiring.isBackingUp.withLock { $0 = false }
      throw Problem(.internal, detail: "\(error)")
    }
    return .park(deadline: nil)
  }

  private func copy(to path: String, _ name: String, _ head: RequestHead) -> Response {
    let start = MonotonicClock.now()
    do throws(StoreError) {
      let bytes = try StoreUpkeep.backup(directory: configuration.data, to: path)
      let time = MonotonicClock.now() - start
      return .json(
        .object([
          .init("file", .string(name)), .init("bytes", .integer(Int(bytes))),
          .init("milliseconds", .integer(Int(time / .milliseconds(1)))),
        ]), status: 201, headers: ["Cache-Control": "no-store"])
    } catch .diskFull {
      return Problem(.diskFull, detail: "the volume of the backups is full").response(to: head)
    } catch {
      return Problem(.internal, detail: "the backup failed: \(error)").response(to: head)
    }
  }
}
