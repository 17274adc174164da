import Crypto
package import RopewalkCore
import Synchronization

/// The key of `ordering: key` is of the payload as it came, which only the logic has. So it goes with the message to the next step.
extension StepDesk {
  /// Bytes of an ordering key that goes with a message to its next step; of a longer one it is a digest, which tells as much.
  private static let maxOrderingKey = 256

  /// The key that the step before found for a message that is in work here.
  package func orderingKey(of message: Message) -> String? {
    table.withLock { $0.entry(StepTable.Key(message))?.note.orderingKey }
  }

  /// The key that goes with a message, which this step has as it came, to its next step.
  func orderingKeyToPass(_ entry: StepTable.Entry) -> String? {
    guard let key = keyOfMessage?(entry.message) else { return nil }
    guard key.utf8.count > Self.maxOrderingKey else { return key }
    return SHA256.hash(data: Array(key.utf8)).reduce(into: "sha256:") { $0 += ($1 < 16 ? "0" : "") + String($1, radix: 16) }
  }
}
