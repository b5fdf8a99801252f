import EventLoop
import Glibc

/// Small file operations whose results are on the disk when they return.
enum DurableFile {
  /// The first bytes of a file; nil when there is no such file.
  static func read(_ path: String, upTo bytesMax: Int) throws(StoreError) -> [UInt8]? {
    let number = unsafe open(path, O_RDONLY | O_CLOEXEC)
    if number < 0, errno == ENOENT { return nil }
    guard number >= 0 else { throw .system(SystemError("open")) }
    let file = Descriptor(owning: number)
    var bytes = [UInt8](repeating: 0, count: bytesMax)
    let count = unsafe pread(file.number, &bytes, bytes.count, 0)
    guard count >= 0 else { throw .system(SystemError("pread")) }
    return Array(bytes[..<count])
  }

  /// Puts a file with these bytes in the place of one that may be there; a crash leaves either.
  static func replace(_ name: String, in folder: String, with bytes: [UInt8]) throws(StoreError) {
    let (path, new) = (folder + "/" + name, folder + "/" + name + ".new")
    let number = unsafe open(new, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    guard number >= 0 else { throw .system(SystemError("open")) }
    let file = Descriptor(owning: number)
    guard unsafe write(file.number, bytes, bytes.count) == bytes.count else {
      throw .system(SystemError("write"))
    }
    guard fsync(file.number) == 0 else { throw .system(SystemError("fsync")) }
    guard unsafe rename(new, path) == 0 else { throw .system(SystemError("rename")) }
    try sync(folder)
  }

  /// Creates an empty file, readable by this user only, in the place of one that may be there.
  static func createEmpty(_ path: String) throws(StoreError) {
    try remove(path)
    let number = unsafe open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard number >= 0 else { throw .system(SystemError("open")) }
    _ = Descriptor(owning: number)
  }

  static func remove(_ path: String) throws(StoreError) {
    guard unsafe unlink(path) == 0 || errno == ENOENT else { throw .system(SystemError("unlink")) }
  }

  /// Gives a file its final name, unless something has that name already.
  static func publish(_ path: String, as final: String) throws(StoreError) {
    try sync(path)
    guard unsafe link(path, final) == 0 else { throw .system(SystemError("link")) }
    try remove(path)
    try sync(folder(of: final))
  }

  static func exists(_ path: String) -> Bool {
    var status = stat()
    return unsafe lstat(path, &status) == 0
  }

  /// The size of a file, 0 when there is none.
  static func size(_ path: String) -> Int64 {
    var status = stat()
    return unsafe stat(path, &status) == 0 ? Int64(status.st_size) : 0
  }

  /// Makes a file, or the names in a directory, durable.
  static func sync(_ path: String) throws(StoreError) {
    let number = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard number >= 0 else { throw .system(SystemError("open")) }
    let file = Descriptor(owning: number)
    guard fsync(file.number) == 0 else { throw .system(SystemError("fsync")) }
  }

  private static func folder(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }
}
