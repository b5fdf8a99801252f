import CLinux
import Glibc

/// The pages of the program and its libraries that are as in their files.
package enum ProgramPages {
  /// Takes them out of the process's memory; those that it still needs come back at the next touch.
  ///
  /// To be called once after the start, which touches much that is never needed again. What the heap does
  /// not use goes back to the system too.
  package static func letGo() {
    clinux_let_go_of_program_pages(UInt(sysconf(Int32(_SC_PAGESIZE))))
  }
}
