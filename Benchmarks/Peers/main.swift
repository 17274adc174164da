import NIOPosix

/// `Peers hummingbird PORT SECONDS` serves; `Peers async-http-client PORT COUNT` posts to 127.0.0.1:PORT from 32 tasks.
/// Both print how many requests there were, and in how many seconds.
let arguments = CommandLine.arguments
guard arguments.count == 4, let port = Int(arguments[2]), let amount = Int(arguments[3]) else { throw BenchmarkError.usage }
let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
switch arguments[1] {
case "hummingbird": try await HummingbirdServer.run(port: port, seconds: amount, group: group)
case "async-http-client": try await AsyncClient.run(port: port, count: amount, group: group)
default: throw BenchmarkError.usage
}

enum BenchmarkError: Error { case usage, failed }
