import SystemPackage

/// Tells cheaply whether a file of code has changed: by its time, size and place on the disk.
package enum CodeStamp {
  /// Empty when there is no such file.
  package static func of(_ path: String) -> String { FilePath(path).fingerprint ?? "" }
}
