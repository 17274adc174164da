import RopewalkCore

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The terminal that a person sits at.
enum Terminal {
  /// Columns of the terminal that results are written to; nil where they go elsewhere.
  static var width: Int? {
    var size = winsize()
    guard StandardStream.output.isTerminal, ioctl(StandardStream.output.rawValue, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0
    else { return nil }
    return Int(size.ws_col)
  }

  /// Whether a question can be asked and answered.
  static var canAsk: Bool { isatty(0) == 1 && StandardStream.error.isTerminal }

  /// Asks for a yes; anything else is a no.
  static func confirm(_ question: String) -> Bool {
    StandardStream.error.write("\(question) [y/N] ")
    return ["y", "yes"].contains(readLine()?.lowercased() ?? "")
  }
}
