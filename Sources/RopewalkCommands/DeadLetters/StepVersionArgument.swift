import ArgumentParser

/// `STEP=VERSION`: a step's name, and a version as dead letters name it.
struct StepVersionArgument: ExpressibleByArgument {
  let step: String
  let version: String

  init?(argument: String) {
    guard let sign = argument.firstIndex(of: "=") else { return nil }
    step = String(argument[..<sign])
    version = String(argument[argument.index(after: sign)...])
    guard !step.isEmpty, !version.isEmpty else { return nil }
  }

  /// Whether a letter can name it: code that is kept is known by its whole digest.
  var isWhole: Bool {
    guard let digest = version.split(whereSeparator: { $0 == ":" || $0 == "." }).last, version.contains("sha256") else { return false }
    return digest.count == 64 && digest.allSatisfy(\.isHexDigit)
  }
}
