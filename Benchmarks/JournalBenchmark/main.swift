// What a journal on disk takes: JournalBenchmark settle|reopen|fill FOLDER [fsync|process] [messages]
//
// settle   64 senders append and settle messages of 1 KB; prints a line of JSON with the rate and the syncs that it took
// fill     leaves so many messages waiting
// reopen   opens such a journal and reads its first page; prints the seconds and the memory

import Logging
import RopewalkCore
import RopewalkJournal
import RopewalkSQLite

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

let arguments = CommandLine.arguments
guard arguments.count >= 3 else {
  StandardStream.error.write("JournalBenchmark settle|fill|reopen FOLDER [fsync|process] [messages]\n")
  exit(64)
}
let durability = SQLiteJournalSettings.Durability(rawValue: arguments.count > 3 ? arguments[3] : "fsync") ?? .fsync
let count = arguments.count > 4 ? Int(arguments[4]) ?? 0 : 300_000
let load = JournalLoad(folder: arguments[2], durability: durability, count: count)
switch arguments[1] {
case "settle": try await load.settle()
case "fill": try await load.fill()
default: try await load.reopen()
}
