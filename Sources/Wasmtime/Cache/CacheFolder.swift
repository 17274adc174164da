import SwiftOverlayShims

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// A directory that is its owner's alone, held open so that what was checked is what is used.
struct CacheFolder: ~Copyable {
  private let descriptor: Int32

  /// Opens the directory, making it where it is not there. Throws when others could write to it.
  init(_ path: String) throws(WasmtimeError) {
    if mkdir(path, 0o700) != 0, errno != EEXIST {
      throw .file("cannot make the cache directory \(path)")
    }
    descriptor = try Self.openDirectory(path)
  }

  deinit {
    close(descriptor)
  }

  /// A file of the folder; nil where there is none. Throws when others could have written it or it is damaged.
  func open(_ name: String) throws(WasmtimeError) -> CacheFile? {
    // What is no file, such as a pipe, is refused and not waited for.
    let file = openat(descriptor, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
    guard file >= 0 else {
      if errno == ENOENT { return nil }
      throw .file("cannot open the cached module \(name)")
    }
    return try CacheFile(taking: file, name: name)
  }

  /// Writes a file in one step: readers see the old one or the new one.
  func write(_ bytes: [UInt8], as name: String) throws(WasmtimeError) {
    let temporary = ".\(name).\(getpid()).\(UInt64.random(in: 0 ... .max)).tmp"
    let file = openat(descriptor, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
    guard file >= 0 else { throw .file("cannot write to the cache") }
    let isWritten = writeAll(bytes, to: file) && writeAll(CacheFile.footer(of: bytes), to: file)
    let isClosed = close(file) == 0
    guard isWritten, isClosed, renameat(descriptor, temporary, descriptor, name) == 0 else {
      let error = WasmtimeError.file("cannot write to the cache")
      unlinkat(descriptor, temporary, 0)
      throw error
    }
  }

  private static func openDirectory(_ path: String) throws(WasmtimeError) -> Int32 {
    let descriptor = openat(AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .file("cannot open the cache directory \(path)") }
    do throws(WasmtimeError) {
      try checkOwner(of: descriptor, named: path)
    } catch {
      close(descriptor)
      throw error
    }
    return descriptor
  }
}

/// Throws unless only the process's own user can write to the file or directory. Answers its size.
@discardableResult
func checkOwner(of descriptor: Int32, named name: String, type: mode_t = S_IFDIR) throws(WasmtimeError) -> Int {
  var status = stat()
  guard fstat(descriptor, &status) == 0 else { throw .file("cannot look at \(name)") }
  guard status.st_mode & S_IFMT == type else {
    throw WasmtimeError(.artifact, "\(name) is not \(type == S_IFDIR ? "a directory" : "a file")")
  }
  guard status.st_uid == geteuid() else {
    throw WasmtimeError(.artifact, "\(name) belongs to another user; compiled code is not loaded from there")
  }
  guard status.st_mode & (S_IWGRP | S_IWOTH) == 0 else {
    throw WasmtimeError(.artifact, "\(name) can be written by others; compiled code is not loaded from there (chmod go-w)")
  }
  return Int(status.st_size)
}

private func writeAll(_ bytes: [UInt8], to file: Int32) -> Bool {
  bytes.withUnsafeBytes { buffer in
    var rest = buffer[...]
    while !rest.isEmpty {
      let count = write(file, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return false }
      rest = rest.dropFirst(count)
    }
    return true
  }
}

extension WasmtimeError {
  /// What the system said about the last call.
  fileprivate static func file(_ message: String) -> WasmtimeError {
    WasmtimeError(.artifact, "\(message): \(String(cString: strerror(errno)))")
  }
}
