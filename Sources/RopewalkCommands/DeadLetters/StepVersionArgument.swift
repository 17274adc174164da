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
}
