#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Which process owns a journal, for those who only look at it.
package enum JournalOwner {
  /// The PID of the process that runs on the journal; nil when none does.
  ///
  /// Asks by PID and leaves the lock alone, so that asking never keeps an owner from starting. After a crash, a process that
  /// was given the same PID would be taken for the owner.
  package static func processID(ofJournalIn folder: String) -> Int32? {
    let descriptor = open(JournalFolder(path: folder).lock, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: 20)
    let count = read(descriptor, &bytes, bytes.count)
    let digits = bytes.prefix(max(0, count)).prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    guard let pid = Int32(String(decoding: digits, as: UTF8.self)), kill(pid, 0) == 0 || errno == EPERM else { return nil }
    return pid
  }
}
