import Glibc
import SwiftOverlayShims  // the clang module that `stat` is found through under MemberImportVisibility

/// Says that a folder has an owner: a file in it that its owner keeps locked. The kernel lifts the lock with the process,
/// however that ends, and no other process that later has its number is taken for it.
final class OwnerLock: Sendable {
  /// What the file is called. A folder without it is nobody's to sweep away, whatever its name.
  static let fileName = ".owner"

  enum Claim {
    case held(OwnerLock)
    /// Somebody has taken the folder for an abandoned one, before it was locked, and removes it.
    case swept
    /// There are no locks here. The file is gone again: without it nobody sweeps the folder.
    case unavailable
  }

  private let descriptor: Int32

  private init(_ descriptor: Int32) {
    self.descriptor = descriptor
  }

  deinit { close(descriptor) }

  /// Takes possession of a folder that was just made. A process that is killed between the two leaves it empty, for good.
  static func claim(_ folder: String) -> Claim {
    let path = "\(folder)/\(fileName)"
    let descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { return errno == ENOENT ? .swept : .unavailable }
    let error = lock(descriptor)
    guard error != 0 else { return .held(OwnerLock(descriptor)) }
    close(descriptor)
    if error == EWOULDBLOCK || error == ENOENT { return .swept }
    unlink(path)
    return .unavailable
  }

  /// Takes possession of a folder whose owner is gone; nil where it lives, or there never was one.
  static func seize(_ folder: Int32) -> OwnerLock? {
    let descriptor = openFile(in: folder)
    guard descriptor >= 0 else { return nil }
    guard lock(descriptor) == 0 else {
      close(descriptor)
      return nil
    }
    return OwnerLock(descriptor)
  }

  /// Whether a folder has an owner who lives.
  static func isHeld(in folder: Int32) -> Bool {
    let descriptor = openFile(in: folder)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    return lock(descriptor) == EWOULDBLOCK
  }

  /// Returns a negative number when there is none.
  private static func openFile(in folder: Int32) -> Int32 {
    // What is no file, such as a pipe, is not waited for.
    openat(folder, fileName, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
  }

  /// Returns 0, or an errno: EWOULDBLOCK when somebody has the lock, ENOENT when the file was removed before it was locked.
  private static func lock(_ descriptor: Int32) -> Int32 {
    var status = stat()
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0, fstat(descriptor, &status) == 0 else { return errno }
    guard status.st_mode & S_IFMT == S_IFREG else { return EINVAL }
    return status.st_nlink > 0 ? 0 : ENOENT
  }
}
