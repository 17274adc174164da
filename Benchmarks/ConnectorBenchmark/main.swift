import NIOPosix

/// `ConnectorBenchmark webhook PORT SECONDS` serves; `ConnectorBenchmark http|http-on-loop PORT COUNT` posts to
/// 127.0.0.1:PORT from 32 tasks. All print how many requests there were, and in how many seconds.
let arguments = CommandLine.arguments
guard arguments.count == 4, let port = Int(arguments[2]), let amount = Int(arguments[3]) else { throw BenchmarkError.usage }
let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
switch arguments[1] {
case "webhook": try await ServerSide.run(port: port, seconds: amount, group: group)
case "http": try await ClientSide.run(port: port, count: amount, group: group, onEventLoops: false)
case "http-on-loop": try await ClientSide.run(port: port, count: amount, group: group, onEventLoops: true)
default: throw BenchmarkError.usage
}

enum BenchmarkError: Error { case usage, failed }
