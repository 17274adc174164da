// What the stores of resources take: ResourceBenchmark get|create|watch|list FOLDER [count]
//
// get      4 readers get objects from the memory store, and through the client; and from SQLite
// create   16 writers create objects in SQLite, each answered after a sync
// watch    1,000 watchers of one kind, 1,000 changes a second for some seconds: all receive all, in order
// list     100,000 objects of 1 KB in SQLite, read in pages of 500; the memory before and at most

import RopewalkCore
import RopewalkResources

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

let arguments = CommandLine.arguments
guard arguments.count >= 3 else {
  StandardStream.error.write("ResourceBenchmark get|create|watch|list FOLDER [count]\n")
  exit(64)
}
let count = arguments.count > 3 ? Int(arguments[3]) : nil
let load = ResourceLoad(folder: arguments[2])
switch arguments[1] {
case "get": try await load.get(count: count ?? 1_000_000)
case "create": try await load.create(count: count ?? 50_000)
case "watch": try await load.watch(watchers: 1000, changes: count ?? 10_000)
default: try await load.list(count: count ?? 100_000)
}
