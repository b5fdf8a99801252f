private import CConsole

/// The files of the console and of the library for browsers, which are a part of the program.
package enum ConsoleFiles {
  package struct File: Sendable {
    package let name: String
    package let bytes: [UInt8]
  }

  /// The files of the folder Console.
  package static let all: [File] = unsafe UnsafeBufferPointer(
    start: console_files(), count: console_files_count()
  ).map { file in
    unsafe File(
      name: String(cString: file.name),
      bytes: Array(UnsafeBufferPointer(start: file.bytes, count: file.size)))
  }
}
