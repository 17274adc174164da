import RopewalkCore
import Synchronization

/// Remembers that a damaged page was met: what is there is still delivered as far as it can be read, and nothing more is entrusted
/// to the journal until it was looked at.
final class JournalDamage: Sendable {
  /// Messages that are told of as missing; further ones are not.
  private static let maxMissing = 1000

  private let found = Mutex<RopewalkError?>(nil)
  private let missing = Mutex<Set<Int64>>([])

  /// Returns the error, and remembers it where it means damage.
  func noting(_ error: RopewalkError) -> RopewalkError {
    if error.code == .journalCorrupt { found.withLock { $0 = $0 ?? error } }
    return error
  }

  /// Whether it was not told yet that the message of a position in flight is gone.
  func isNews(missing position: Int64) -> Bool {
    missing.withLock { told in
      guard told.count < Self.maxMissing else { return false }
      return told.insert(position).inserted
    }
  }

  /// - Throws: what was found first.
  func check() throws(RopewalkError) {
    if let error = found.withLock(\.self) { throw error }
  }
}
