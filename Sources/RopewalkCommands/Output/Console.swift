import RopewalkCore

/// The two streams of the command line: results go to standard output, everything said about the work to standard error.
enum Console {
  /// A result line.
  static func print(_ text: String) {
    StandardStream.output.write(text + "\n")
  }

  /// A remark, a progress line or an error.
  static func note(_ text: String) {
    StandardStream.error.write(text + "\n")
  }
}
