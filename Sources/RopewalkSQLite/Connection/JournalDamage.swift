import RopewalkCore
import Synchronization

/// Remembers that a damaged page was met: what is there is still delivered as far as it can be read, and nothing more is entrusted
/// to the journal until it was looked at.
final class JournalDamage: Sendable {
  private let found = Mutex<RopewalkError?>(nil)

  /// Returns the error, and remembers it where it means damage.
  func noting(_ error: RopewalkError) -> RopewalkError {
    if error.code == .journalCorrupt { found.withLock { $0 = $0 ?? error } }
    return error
  }

  /// - Throws: what was found first.
  func check() throws(RopewalkError) {
    if let error = found.withLock(\.self) { throw error }
  }
}
