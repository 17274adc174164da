import RopewalkCore

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// What messages of 1 KB to and from a connector's process take:
///
///     ProcessBenchmark host CONNECTOR MESSAGES   measures CONNECTOR, a program, and prints a line of JSON
///     ProcessBenchmark start CONNECTOR COUNT     starts it so often, one after the other, and prints how long that takes
///     ProcessBenchmark idle CONNECTOR COUNT      starts that many, which have nothing to do, and prints what they take of the host
///     ProcessBenchmark connector                 is one that takes everything and does nothing with it
///
/// The program in Benchmarks/connector-floor is the same in Go.
@main
enum ProcessBenchmark {
  static func main() async throws {
    let arguments = CommandLine.arguments.dropFirst()
    switch (arguments.first, arguments.count) {
    case ("connector", 1): try await NullConnector.serve()
    case ("host", 3):
      let host = HostSide(program: arguments[2], count: Int(arguments[3]) ?? 100_000)
      print(try await host.measure())
    case ("start", 3):
      print(try await HostSide(program: arguments[2], count: Int(arguments[3]) ?? 20).measureStart())
    case ("idle", 3):
      print(try await IdleHost(program: arguments[2], count: Int(arguments[3]) ?? 100).measure())
    default:
      StandardStream.error.write("ProcessBenchmark host CONNECTOR MESSAGES | start CONNECTOR COUNT | idle CONNECTOR COUNT\n")
      exit(64)
    }
  }
}
