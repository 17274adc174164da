// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "{{name}}",
  platforms: [.macOS(.v15)],
  dependencies: [
    // The Ropewalk that this project was made with.
    .package(name: "ropewalk", path: "{{ropewalk}}")
  ],
  targets: [
    .executableTarget(
      name: "connector",
      dependencies: [.product(name: "RopewalkConnector", package: "ropewalk")],
      path: "Sources"
    )
  ]
)
