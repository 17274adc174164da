import Logging
import RopewalkCore
import RopewalkJournal
import RopewalkNATS

/// 64 senders that each append a message and settle it, again and again.
struct JournalLoad {
  private static let senders = 64

  let connection: NATSConnection
  let count: Int

  func run() async throws {
    let logger = Logger(label: "bench") { _ in SwiftLogNoOpLogHandler() }
    let journal = try await JetStreamJournal.open(connection, tenant: "bench-\(MessageID.next())", logger: logger)
    let payload = [UInt8](repeating: UInt8(ascii: "x"), count: 1024)
    let start = ContinuousClock.now
    try await withThrowingTaskGroup { group in
      for sender in 0..<Self.senders {
        group.addTask {
          let metadata = MessageMetadata(customerID: "c\(sender)", integrationID: "orders")
          for _ in 0..<self.count / Self.senders {
            let entry = JournalEntry(message: Message(payload: payload, metadata: metadata), destinations: ["erp"])
            guard case .accepted(let position) = try await journal.append([entry]).first else { throw CancellationError() }
            try await journal.settle([Settlement(position: position, destination: "erp", outcome: .delivered)])
          }
        }
      }
      try await group.waitForAll()
    }
    let seconds = (ContinuousClock.now - start).seconds
    print("{\"per_second\": \(Int(Double(count / Self.senders * Self.senders) / seconds))}")
  }
}
