// A process that uses a journal, for tests that need a second one or one to kill: JournalChild hold|append FOLDER
//
// hold      opens the journal as its owner, writes "open" or the error, and stays until it is killed
// append    appends and settles from many tasks without end, and writes what was acknowledged, a line each, at once:
//           "accepted POSITION ID", "settled POSITION"

import Logging
import RopewalkCore
import RopewalkJournal
import RopewalkSQLite

let arguments = CommandLine.arguments
let logger = Logger(label: "child") { _ in SwiftLogNoOpLogHandler() }

do {
  let journal = try SQLiteJournal(folder: arguments[2], logger: logger)
  StandardStream.output.write("open\n")
  switch arguments[1] {
  case "hold": try await Task.sleep(for: .seconds(3600))
  default: try await append(to: journal)
  }
} catch {
  StandardStream.output.write("\(error)\n")
}

func append(to journal: SQLiteJournal) async throws {
  try await withThrowingDiscardingTaskGroup { group in
    for _ in 0..<16 {
      group.addTask {
        while true {
          let metadata = MessageMetadata(customerID: "acme", integrationID: "orders")
          let message = Message(payload: [UInt8](repeating: 7, count: .random(in: 0...4000)), metadata: metadata)
          let results = try await journal.append([JournalEntry(message: message, destinations: ["a", "b"])])
          guard case .accepted(let position) = results.first else { continue }
          StandardStream.output.write("accepted \(position.value) \(message.id)\n")
          guard position.value.isMultiple(of: 3) else { continue }
          try await journal.settle(["a", "b"].map { Settlement(position: position, destination: $0, outcome: .delivered) })
          StandardStream.output.write("settled \(position.value)\n")
        }
      }
    }
  }
}
