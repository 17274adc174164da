import NIOPosix

/// `ConnectorBenchmark webhook|hummingbird PORT SECONDS`: serves, then prints requests and processor time for each.
/// `ConnectorBenchmark http|async-http-client PORT COUNT`: posts to 127.0.0.1:PORT from 32 tasks, then prints the same.
let arguments = CommandLine.arguments
guard arguments.count == 4, let port = Int(arguments[2]), let amount = Int(arguments[3]) else {
  print("usage: ConnectorBenchmark webhook|hummingbird|http|async-http-client PORT SECONDS-OR-COUNT")
  throw BenchmarkError.usage
}
let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
switch arguments[1] {
case "webhook": try await ServerSide.webhook(port: port, seconds: amount, group: group)
case "hummingbird": try await ServerSide.hummingbird(port: port, seconds: amount, group: group)
case "http": try await ClientSide.connector(port: port, count: amount, group: group, onEventLoops: false)
case "http-on-loop": try await ClientSide.connector(port: port, count: amount, group: group, onEventLoops: true)
case "async-http-client": try await ClientSide.asyncHTTPClient(port: port, count: amount, group: group)
default: throw BenchmarkError.usage
}

enum BenchmarkError: Error { case usage, failed }
