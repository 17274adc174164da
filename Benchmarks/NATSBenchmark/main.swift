// What JetStream takes through our client: NATSBenchmark client|journal URL MESSAGES
//
// client    publishes messages of 1 KB and takes them from a pull consumer, as nats-floor does
// journal   64 senders append messages of 1 KB to the cluster's journal and settle them
//
// Prints a line of JSON.

import Logging
import RopewalkCore
import RopewalkJournal
import RopewalkNATS

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

let arguments = CommandLine.arguments
guard arguments.count == 4, let count = Int(arguments[3]) else {
  StandardStream.error.write("NATSBenchmark client|journal URL MESSAGES\n")
  exit(64)
}
let connection = try await NATSConnection.connect(NATSOptions(servers: [arguments[2]]))
switch arguments[1] {
case "journal": try await JournalLoad(connection: connection, count: count).run()
default: try await ClientLoad(connection: connection, count: count).run()
}
connection.close()
