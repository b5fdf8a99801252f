/// A volume of a few MiB that a test can fill, where mounting is allowed.
package final class SmallVolume {
  private let directory: TemporaryDirectory

  package init(mebibytes: Int) throws {
    directory = try TemporaryDirectory()
    let mount = try ChildProcess(
      "mount", ["-t", "tmpfs", "-o", "size=\(mebibytes)m", "tmpfs", directory.path])
    guard mount.waitForExit() == .status(0) else {
      throw TestFailure("cannot mount: \(mount.errors.text)")
    }
  }

  deinit {
    // Whoever still has a file open there keeps it for itself.
    _ = try? ChildProcess("umount", ["--lazy", directory.path]).waitForExit()
  }

  /// Whether this process may mount volumes.
  package static let isAllowed = (try? SmallVolume(mebibytes: 1)) != nil

  package func file(_ name: String) -> String { directory.file(name) }

  /// Takes all the room that is left.
  package func fill() throws {
    let filling = try ChildProcess(
      "dd", ["if=/dev/zero", "of=\(file("filler"))", "bs=4096", "status=none"])
    // It ends because there is no room any more.
    guard filling.waitForExit() == .status(1) else { throw TestFailure(filling.errors.text) }
  }

  /// Gives the room back that `fill` took.
  package func makeRoom() throws {
    _ = try ChildProcess("rm", [file("filler")]).waitForExit()
  }
}
