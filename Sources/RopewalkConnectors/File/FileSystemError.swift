#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// What the system said, where.
struct FileSystemError: Error, CustomStringConvertible {
  var action: String
  var path: String
  var number: CInt

  /// From the system's last error.
  init(_ action: String, _ path: String) {
    self.init(action, path, errno)
  }

  init(_ action: String, _ path: String, _ number: CInt) {
    self.action = action
    self.path = path
    self.number = number
  }

  var description: String { "cannot \(action) \(path): \(reason)" }

  private var reason: String {
    switch number {
    case ENOSPC: "no space is left; free some"
    case EDQUOT: "the disk quota is used up; free some space"
    case EROFS: "the file system is read-only; mount it writable or choose another path"
    case EACCES, EPERM: "not permitted; check the owner and the permissions"
    case ENOENT: "no such file or folder; create it or correct 'path'"
    case ENOTDIR: "a part of the path is no folder; correct 'path'"
    case EISDIR: "it is a folder; correct 'path' or 'mode'"
    case ELOOP: "links are in the way; write the path to which they lead, which must be in a folder that is open to it"
    case EXDEV: "the target is on another file system; choose a folder on the same one"
    case EMFILE, ENFILE: "too many files are open; raise the limit (ulimit -n)"
    case EPIPE: "whoever read it is gone"
    default: String(cString: strerror(number))
    }
  }
}
