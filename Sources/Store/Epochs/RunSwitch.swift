/// The start of a run: finds out whether the database is the one that the last run left.
///
/// Identifiers of events are an epoch and a sequence, and a database that was put back from a
/// backup gives sequences a second time. So it gets a new epoch:
///   1. `store backup` marks its copy;
///   2. the database and the file `run` both hold the name of the last run, and must agree;
///   3. a copy of both together is as old as itself, so callers compare the times of events too.
///
/// The steps, and what a crash after each leaves:
///   1. the file holds the old and the new name: the database has the old one, which fits;
///   2. the database commits the new name: it fits too;
///   3. the file holds the new name alone: the usual state.
/// When the database does not fit, step 1 writes the new name alone, so that after a crash it still
/// does not fit and the new epoch, which is part of step 2, is not missed.
struct RunSwitch {
  private static let fileName = "run"

  let folder: String
  let database: Database

  func perform() throws(StoreError) {
    let found = try database.settings.lastRun()
    let isForeign = try isForeign(found)
    let new = RunMark.drawRun()
    do throws(StoreError) {
      try write(isForeign ? .only(new) : .switching(from: found, to: new))
      try database.startRun(new, epoch: isForeign ? SettingsTable.drawName() : nil)
    } catch {
      // A full volume must not keep the outbox from opening, and the old run can go on: the file
      // fits the database in either case. A new epoch, however, must be safe before it is used.
      if isForeign { throw error }
      return try syncLog()
    }
    try write(.only(new))
  }

  /// Makes durable what a killed process wrote but did not sync, since it counts as committed now.
  ///
  /// Any commit does that too. Without one the power could take back events that were read.
  private func syncLog() throws(StoreError) {
    let path = DataDirectory.logPath(in: folder)
    if DurableFile.exists(path) { try DurableFile.sync(path) }
  }

  private func isForeign(_ lastRun: String?) throws(StoreError) -> Bool {
    if try database.settings.isMarkedAsCopy() { return true }
    guard
      let bytes = try DurableFile.read(folder + "/" + Self.fileName, upTo: RunMark.bytesMax)
    else { return lastRun != nil }
    return !RunMark(bytes).fits(lastRun)
  }

  private func write(_ mark: RunMark) throws(StoreError) {
    try DurableFile.replace(Self.fileName, in: folder, with: mark.bytes)
  }
}
