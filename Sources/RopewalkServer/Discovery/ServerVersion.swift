import RopewalkCore

/// What `kubectl version` shows: the version of Kubernetes' API that this one is shaped as, and Ropewalk's own.
enum ServerVersion {
  static let json: JSON = [
    "major": "1", "minor": "36", "gitVersion": .string("v1.36.0+ropewalk.\(RopewalkVersion.current)"), "gitCommit": "",
    "gitTreeState": "", "buildDate": "1970-01-01T00:00:00Z", "goVersion": "", "compiler": "swift", "platform": .string(platform),
  ]

  private static var platform: String {
    #if arch(x86_64)
      "linux/amd64"
    #else
      "linux/arm64"
    #endif
  }
}
