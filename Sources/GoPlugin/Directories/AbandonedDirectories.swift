import Glibc
import SwiftOverlayShims  // the clang module that `stat` is found through under MemberImportVisibility

/// The folders of one kind in one place whose owners were killed and could not remove them.
///
/// Such a folder has the name that ``PrivateDirectory`` gives, is no link, belongs to this user, can be entered by nobody else,
/// and has an ``OwnerLock`` that nobody holds. What lacks one of these is left alone.
struct AbandonedDirectories {
  /// How many folders of the kind are looked at and files removed at most, together: 10,000. What is left is for the next start.
  static let maximumSteps = 10_000
  /// How many names in the place are read at most, strangers' too, which cost no more than that: 1,000,000.
  static let maximumNames = 1_000_000
  /// How many letters and digits mkdtemp puts behind the prefix.
  private static let suffixLength = 6

  let parent: String
  let prefix: String

  /// Removes them as far as that goes. A failure is nobody's concern: whoever starts now does not need it.
  func remove(steps: Int = Self.maximumSteps, names: Int = Self.maximumNames) {
    let place = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard place >= 0 else { return }
    defer { close(place) }
    var removal = DirectoryRemoval(steps: steps, sparesOwned: true)
    var names = names
    DirectoryRemoval.forEachName(in: place) { name in
      guard names > 0 else { return false }
      names -= 1
      guard isOurs(name) else { return true }
      guard removal.step() else { return false }
      remove(name, in: place, by: &removal)
      return true
    }
  }

  private func isOurs(_ name: UnsafePointer<CChar>) -> Bool {
    let bytes = UnsafeRawBufferPointer(start: name, count: Int(strlen(name)))
    guard bytes.count == prefix.utf8.count + Self.suffixLength, bytes.starts(with: prefix.utf8) else { return false }
    return bytes.suffix(Self.suffixLength).allSatisfy {
      (0x30...0x39).contains($0) || (0x41...0x5a).contains($0) || (0x61...0x7a).contains($0)
    }
  }

  private func remove(_ name: UnsafePointer<CChar>, in place: Int32, by removal: inout DirectoryRemoval) {
    let folder = DirectoryRemoval.open(name, in: place)
    guard folder >= 0 else { return }
    defer { close(folder) }
    var status = stat()
    // The other bits let nobody in: where the place has the set-group-ID bit, what is made there has it too.
    guard fstat(folder, &status) == 0, status.st_uid == geteuid(), status.st_mode & 0o777 == 0o700,
      let lock = OwnerLock.seize(folder)
    else { return }
    // Held until all is gone, against another that sweeps.
    withExtendedLifetime(lock) { removal.remove(name, in: place, opened: folder) }
  }
}
