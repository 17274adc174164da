// A process that uses a journal or a store of resources, for tests that need a second one or one to kill:
// JournalChild hold|append|resources FOLDER
//
// hold      opens the journal as its owner, writes "open" or the error, and stays until it is killed
// append    appends and settles from many tasks without end, and writes what was acknowledged, a line each, at once:
//           "accepted POSITION ID SIZE", "settled POSITION"; one payload in fifty is kept in a file of its own
// resources makes, changes and removes objects from many tasks without end, and writes what was acknowledged, a line each:
//           "added NAME VERSION", "changed NAME VERSION", "removed NAME VERSION"

import Logging
import RopewalkCore
import RopewalkJournal
import RopewalkResources
import RopewalkSQLite

let arguments = CommandLine.arguments
let logger = Logger(label: "child") { _ in SwiftLogNoOpLogHandler() }

do {
  if arguments[1] == "resources" { try await write(to: try SQLiteResourceStore(folder: arguments[2])) }
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
          let size = Int.random(in: 0..<50) == 0 ? 300 << 10 : Int.random(in: 0...4000)
          let message = Message(payload: [UInt8](repeating: 7, count: size), metadata: metadata)
          let results = try await journal.append([JournalEntry(message: message, destinations: ["a", "b"])])
          guard case .accepted(let position) = results.first else { continue }
          StandardStream.output.write("accepted \(position.value) \(message.id) \(size)\n")
          guard position.value.isMultiple(of: 3) else { continue }
          try await journal.settle(["a", "b"].map { Settlement(position: position, destination: $0, outcome: .delivered) })
          StandardStream.output.write("settled \(position.value)\n")
        }
      }
    }
  }
}

func write(to store: SQLiteResourceStore) async throws {
  StandardStream.output.write("open\n")
  let collection = ResourceCollection(group: "inventory.example.com", plural: "items")
  let run = UInt64.random(in: 0...UInt64.max)
  try await withThrowingDiscardingTaskGroup { group in
    for writer in 0..<16 {
      group.addTask {
        for number in 0... {
          let key = ResourceKey(collection, namespace: "default", name: "i\(run)-\(writer)-\(number)")
          var item = Resource(
            apiVersion: "inventory.example.com/v1",
            kind: "Item",
            metadata: ResourceMetadata(name: key.name, namespace: key.namespace),
            fields: ["spec": .string(String(repeating: "x", count: .random(in: 0...3000)))]
          )
          item = try await store.write(item, at: key, expecting: .absent)
          StandardStream.output.write("added \(key.name) \(item.metadata.resourceVersion)\n")
          item = try await store.write(item, at: key, expecting: .version(item.metadata.resourceVersion))
          StandardStream.output.write("changed \(key.name) \(item.metadata.resourceVersion)\n")
          guard number.isMultiple(of: 3) else { continue }
          item = try await store.remove(key, ifVersion: item.metadata.resourceVersion)
          StandardStream.output.write("removed \(key.name) \(item.metadata.resourceVersion)\n")
        }
      }
    }
  }
}
