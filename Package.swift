// swift-tools-version: 6.2

import PackageDescription

let products: [Product] = [
  .executable(name: "ropewalk", targets: ["ropewalk"]),
  .executable(name: "ropewalk-connector", targets: ["ropewalk-connector"]),
  .library(name: "GoPlugin", targets: ["GoPlugin"]),
  .library(name: "Wasmtime", targets: ["Wasmtime"]),
  .library(name: "RopewalkConnector", targets: ["RopewalkConnector"]),
]

let dependencies: [Package.Dependency] = [
  .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
  .package(url: "https://github.com/apple/swift-asn1", exact: "1.7.4"),
  .package(url: "https://github.com/apple/swift-certificates", exact: "1.21.1"),
  .package(url: "https://github.com/apple/swift-collections", exact: "1.6.0"),
  .package(url: "https://github.com/apple/swift-crypto", exact: "4.5.2"),
  .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
  .package(url: "https://github.com/apple/swift-http-types", exact: "1.8.0"),
  .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
  .package(url: "https://github.com/apple/swift-nio-ssl", exact: "2.37.6"),
  .package(url: "https://github.com/apple/swift-protobuf", exact: "1.39.0", traits: []),
  .package(url: "https://github.com/grpc/grpc-swift-2", exact: "2.4.3"),
  .package(url: "https://github.com/grpc/grpc-swift-nio-transport", exact: "2.9.2"),
  .package(url: "https://github.com/grpc/grpc-swift-protobuf", exact: "2.4.1"),
  .package(url: "https://github.com/hummingbird-project/hummingbird", exact: "2.28.1", traits: []),
  .package(url: "https://github.com/jpsim/Yams", exact: "6.2.2"),
  .package(url: "https://github.com/swift-server/swift-service-lifecycle", exact: "2.13.0"),
  .package(url: "https://github.com/swiftlang/swift-subprocess", exact: "1.0.2", traits: []),
  .package(url: "https://github.com/apple/swift-system", exact: "1.8.1"),
  .package(url: "https://github.com/groue/GRDB.swift", exact: "7.10.0"),
]

/// The products of others, each by one name.
extension Target.Dependency {
  static let argumentParser = product(name: "ArgumentParser", package: "swift-argument-parser")
  static let crypto = product(name: "Crypto", package: "swift-crypto")
  static let dequeModule = product(name: "DequeModule", package: "swift-collections")
  static let grdb = product(name: "GRDB", package: "GRDB.swift")
  static let grdbSQLite = product(name: "GRDBSQLite", package: "GRDB.swift")
  static let grpcCore = product(name: "GRPCCore", package: "grpc-swift-2")
  static let grpcTransport = product(name: "GRPCNIOTransportHTTP2Posix", package: "grpc-swift-nio-transport")
  static let grpcProtobuf = product(name: "GRPCProtobuf", package: "grpc-swift-protobuf")
  static let httpTypes = product(name: "HTTPTypes", package: "swift-http-types")
  static let heapModule = product(name: "HeapModule", package: "swift-collections")
  static let hummingbird = product(name: "Hummingbird", package: "hummingbird")
  static let hummingbirdCore = product(name: "HummingbirdCore", package: "hummingbird")
  static let hummingbirdTLS = product(name: "HummingbirdTLS", package: "hummingbird")
  static let inMemoryLogging = product(name: "InMemoryLogging", package: "swift-log")
  static let logging = product(name: "Logging", package: "swift-log")
  static let nioCore = product(name: "NIOCore", package: "swift-nio")
  static let nioEmbedded = product(name: "NIOEmbedded", package: "swift-nio")
  static let nioHTTP1 = product(name: "NIOHTTP1", package: "swift-nio")
  static let nioPosix = product(name: "NIOPosix", package: "swift-nio")
  static let nioSSL = product(name: "NIOSSL", package: "swift-nio-ssl")
  static let serviceLifecycle = product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
  static let subprocess = product(name: "Subprocess", package: "swift-subprocess")
  static let swiftASN1 = product(name: "SwiftASN1", package: "swift-asn1")
  static let swiftProtobuf = product(name: "SwiftProtobuf", package: "swift-protobuf")
  static let systemPackage = product(name: "SystemPackage", package: "swift-system")
  static let unixSignals = product(name: "UnixSignals", package: "swift-service-lifecycle")
  static let x509 = product(name: "X509", package: "swift-certificates")
  static let yams = product(name: "Yams", package: "Yams")
}

/// What `scripts/bootstrap` fetches and builds lies here; see docs/dependencies.md.
let deps = Context.packageDirectory + "/.deps"

let targets: [Target] = [
  // What finds damage in bytes. Knows nothing of Ropewalk.
  .target(name: "Checksums"),

  // Wasmtime's C API, and Swift over it. Knows nothing of Ropewalk.
  .target(name: "CWasmtime"),
  .target(
    name: "Wasmtime",
    dependencies: ["CWasmtime", "Checksums"],
    linkerSettings: [
      .unsafeFlags(["-L\(deps)/lib", "-Xlinker", "-rpath", "-Xlinker", "\(deps)/lib"]),
      .linkedLibrary("wasmtime"),
    ]
  ),

  // Tasks on the threads of SwiftNIO. Knows nothing of Ropewalk.
  .target(name: "EventLoopTasks", dependencies: [.nioCore]),

  // The go-plugin protocol, host side and plugin side. Knows nothing of Ropewalk.
  .target(name: "CGoPluginLauncher"),
  .target(
    name: "GoPlugin",
    dependencies: [
      "CGoPluginLauncher", "EventLoopTasks", .crypto, .dequeModule, .grpcCore, .grpcTransport, .logging, .nioCore, .nioPosix, .nioSSL,
      .swiftASN1, .x509,
    ]
  ),

  // The words everything else speaks: no NIO, no Foundation.
  .target(name: "RopewalkCore"),

  // The contracts.
  .target(
    name: "RopewalkConnector",
    dependencies: ["RopewalkCore", "GoPlugin", .grpcCore, .grpcProtobuf, .logging, .swiftProtobuf]
  ),
  .target(name: "RopewalkJournal", dependencies: ["RopewalkCore"]),
  .target(name: "RopewalkPlugins", dependencies: ["RopewalkCore"]),
  .target(
    name: "RopewalkResources",
    dependencies: ["RopewalkCore", "RopewalkConnector", "RopewalkFunctions", "RopewalkPlugins", .crypto, .dequeModule, .yams]
  ),

  // The adapters: each isolates a dependency.
  .target(name: "RopewalkFunctions", dependencies: ["RopewalkCore", "RopewalkPlugins", .yams]),
  .target(
    name: "RopewalkWasm",
    dependencies: [
      "RopewalkCore", "RopewalkPlugins", "RopewalkFunctions", "RopewalkResources", "Wasmtime", .crypto, .dequeModule,
      .heapModule, .logging, .subprocess, .systemPackage,
    ]
  ),
  .target(
    name: "RopewalkConnectors",
    dependencies: [
      "EventLoopTasks", "RopewalkCore", "RopewalkConnector", "RopewalkPlugins", .crypto, .logging, .nioCore, .nioPosix,
      .nioHTTP1, .nioSSL,
    ]
  ),
  .target(
    name: "RopewalkSQLite",
    dependencies: [
      "Checksums", "RopewalkCore", "RopewalkJournal", "RopewalkResources", .crypto, .dequeModule, .grdb, .grdbSQLite, .logging,
    ]
  ),
  .systemLibrary(name: "CNATS", providers: [.apt(["libnats-dev"])]),
  .target(
    name: "RopewalkNATS",
    dependencies: ["CNATS", "RopewalkCore", "RopewalkConnector", "RopewalkJournal", .crypto, .logging]
  ),

  .target(name: "CSandbox"),
  .target(
    name: "RopewalkProcess",
    dependencies: [
      "CSandbox", "GoPlugin", "RopewalkCore", "RopewalkConnector", "RopewalkPlugins", .grpcCore, .logging, .nioCore, .nioPosix,
      .serviceLifecycle, .subprocess, .systemPackage,
    ]
  ),
  .systemLibrary(name: "CPostgres", providers: [.apt(["libpq-dev"])]),
  .target(name: "RopewalkPostgres", dependencies: ["CPostgres", "RopewalkCore", "RopewalkResources", .logging]),

  // The control plane.
  .target(
    name: "RopewalkControllers",
    dependencies: [
      "RopewalkCore", "RopewalkPlugins", "RopewalkResources", .dequeModule, .heapModule, .logging, .serviceLifecycle,
    ]
  ),
  .target(
    name: "RopewalkServer",
    dependencies: [
      "RopewalkCore", "RopewalkFunctions", "RopewalkResources", .crypto, .httpTypes, .hummingbird, .hummingbirdCore,
      .hummingbirdTLS, .logging, .nioCore, .nioHTTP1, .nioPosix, .nioSSL, .serviceLifecycle, .swiftASN1, .x509,
    ]
  ),

  // The way of a message.
  .target(
    name: "RopewalkPipeline",
    dependencies: [
      "RopewalkCore", "RopewalkConnector", "RopewalkJournal", "RopewalkPlugins", "RopewalkResources", .heapModule, .logging,
      .serviceLifecycle,
    ]
  ),

  // Wiring, command line, executable.
  .target(
    name: "RopewalkDaemon",
    dependencies: [
      "RopewalkCore", "RopewalkConnector", "RopewalkJournal", "RopewalkPlugins", "RopewalkResources", "RopewalkFunctions",
      "RopewalkWasm", "RopewalkConnectors", "RopewalkControllers", "RopewalkNATS", "RopewalkPipeline", "RopewalkPostgres",
      "RopewalkProcess", "RopewalkSQLite", "RopewalkServer", .logging, .nioPosix, .serviceLifecycle, .unixSignals,
    ]
  ),
  .target(
    name: "RopewalkCommands",
    dependencies: [
      "RopewalkCore", "RopewalkFunctions", "RopewalkJournal", "RopewalkPlugins", "RopewalkProcess", "RopewalkResources",
      "RopewalkPipeline", "RopewalkDaemon", "RopewalkServer", .argumentParser, .logging, .subprocess,
    ]
  ),
  .executableTarget(name: "ropewalk", dependencies: ["RopewalkCommands"]),
  // The built-in connectors, for `runtime: process`.
  .executableTarget(
    name: "ropewalk-connector",
    dependencies: ["RopewalkConnector", "RopewalkConnectors", "RopewalkCore", .logging, .nioPosix]
  ),

  // What calls into guests and built-in functions cost, the former beside the C program in Benchmarks/floor.
  .executableTarget(
    name: "LogicBenchmark",
    dependencies: ["RopewalkCore", "RopewalkFunctions", "RopewalkPlugins", "RopewalkWasm", "Wasmtime"],
    path: "Benchmarks/LogicBenchmark"
  ),

  // The connectors, beside the libraries of Benchmarks/Package.swift.
  .executableTarget(
    name: "ConnectorBenchmark",
    dependencies: ["EventLoopTasks", "RopewalkConnectors", "RopewalkConnector", "RopewalkCore", .logging, .nioCore, .nioPosix],
    path: "Benchmarks/ConnectorBenchmark"
  ),

  // What the pipeline itself costs a message.
  .executableTarget(
    name: "PipelineBenchmark",
    dependencies: [
      "RopewalkConnector", "RopewalkCore", "RopewalkJournal", "RopewalkPipeline", "RopewalkPlugins", "RopewalkResources",
      .logging,
    ],
    path: "Benchmarks/PipelineBenchmark"
  ),

  // What the controllers' manager costs a reconciliation.
  .executableTarget(
    name: "ControllerBenchmark",
    dependencies: ["RopewalkControllers", "RopewalkCore", "RopewalkPlugins", "RopewalkResources", "RopewalkWasm", .logging],
    path: "Benchmarks/ControllerBenchmark"
  ),

  // What a journal on disk takes, beside the C program in Benchmarks/floor.
  .executableTarget(
    name: "JournalBenchmark",
    dependencies: ["RopewalkCore", "RopewalkJournal", "RopewalkSQLite", .logging],
    path: "Benchmarks/JournalBenchmark"
  ),

  // What the stores of resources take, and how watches and lists bear many.
  .executableTarget(
    name: "ResourceBenchmark",
    dependencies: ["RopewalkCore", "RopewalkResources", "RopewalkSQLite"],
    path: "Benchmarks/ResourceBenchmark"
  ),

  // What JetStream takes through our client and our journal, beside the C program in Benchmarks/nats-floor.
  .executableTarget(
    name: "NATSBenchmark",
    dependencies: ["RopewalkCore", "RopewalkJournal", "RopewalkNATS", .logging],
    path: "Benchmarks/NATSBenchmark"
  ),

  // The example of a connector in a process of its own, in Swift.
  .executableTarget(
    name: "swift-tcp-lines",
    dependencies: ["RopewalkConnector", "RopewalkCore", .nioCore, .nioPosix],
    path: "Examples/connectors/swift-tcp-lines",
    exclude: ["README.md", "check.yaml"]
  ),

  // What `plugin new --kind connector --language swift` makes, so that it compiles and can be tried without minutes of building.
  .executableTarget(
    name: "connector-template",
    dependencies: ["RopewalkConnector", "RopewalkCore"],
    path: "SDKs/connector-templates/swift/Sources"
  ),

  // Messages to and from a connector's process, beside the host and the connector in Go in Benchmarks/connector-floor.
  .executableTarget(
    name: "ProcessBenchmark",
    dependencies: ["GoPlugin", "RopewalkConnector", "RopewalkCore", .logging],
    path: "Benchmarks/ProcessBenchmark"
  ),

  // Breaks a running Ropewalk under load and holds the outcome against the delivery law: `make chaos`.
  .executableTarget(
    name: "chaos",
    dependencies: [
      "ropewalk", "ropewalk-connector", "RopewalkConnector", "RopewalkConnectors", "RopewalkCore", "RopewalkNATS",
      "RopewalkTesting", .argumentParser, .grdb, .logging, .nioCore, .nioPosix, .subprocess, .systemPackage,
    ],
    path: "Chaos",
    exclude: ["Clock"]
  ),

  // Conformance suites, clocks, fault injection: for tests only.
  .target(
    name: "RopewalkTesting",
    dependencies: ["RopewalkCore", "RopewalkConnector", "RopewalkJournal", "RopewalkPlugins", "RopewalkResources"]
  ),

  .testTarget(name: "ChecksumsTests", dependencies: ["Checksums"]),
  .testTarget(name: "WasmtimeTests", dependencies: ["Wasmtime", "RopewalkTesting"]),
  // What the tests of GoPlugin talk to: the service that the peers in Go have too, and a plugin and a host over it.
  .target(name: "GoPluginTesting", dependencies: ["GoPlugin", .grpcCore, .grpcTransport], path: "Tests/GoPluginTesting"),
  .executableTarget(
    name: "GoPluginPeer",
    dependencies: ["GoPlugin", "GoPluginTesting", .grpcCore, .logging],
    path: "Tests/GoPluginPeer"
  ),
  .testTarget(
    name: "GoPluginTests",
    dependencies: [
      "GoPlugin", "GoPluginPeer", "GoPluginTesting", "RopewalkTesting", .grpcCore, .logging, .nioCore, .nioEmbedded, .nioPosix,
    ],
    exclude: ["Go"]
  ),
  .testTarget(name: "RopewalkCoreTests", dependencies: ["RopewalkCore"]),
  .testTarget(name: "RopewalkJournalTests", dependencies: ["RopewalkJournal", "RopewalkTesting"]),
  .testTarget(name: "RopewalkPluginsTests", dependencies: ["RopewalkPlugins"]),
  .testTarget(name: "RopewalkResourcesTests", dependencies: ["RopewalkResources", "RopewalkTesting"], exclude: ["Golden"]),
  .testTarget(name: "RopewalkFunctionsTests", dependencies: ["RopewalkFunctions", "RopewalkTesting"]),
  .testTarget(name: "RopewalkWasmTests", dependencies: ["RopewalkWasm", "RopewalkTesting"]),
  .testTarget(
    name: "RopewalkConnectorsTests",
    dependencies: [
      "RopewalkConnectors", "RopewalkPipeline", "RopewalkSQLite", "RopewalkTesting", .logging, .nioCore, .nioHTTP1, .nioPosix,
      .nioEmbedded, .nioSSL,
    ]
  ),
  .testTarget(
    name: "RopewalkSQLiteTests",
    dependencies: ["RopewalkSQLite", "RopewalkTesting", "JournalChild", .grdb, .inMemoryLogging, .logging, .subprocess, .systemPackage],
    exclude: ["Golden"]
  ),
  .testTarget(
    name: "RopewalkNATSTests",
    dependencies: ["RopewalkNATS", "RopewalkPipeline", "RopewalkTesting", .inMemoryLogging, .logging]
  ),
  // The other process of the tests of the journal and of the store of resources.
  .executableTarget(
    name: "JournalChild",
    dependencies: ["RopewalkCore", "RopewalkJournal", "RopewalkResources", "RopewalkSQLite", .logging],
    path: "Tests/JournalChild"
  ),
  // A connector for the tests of the contract, as a process of its own, and one that breaks the contract.
  .executableTarget(
    name: "ConnectorPeer",
    dependencies: ["GoPlugin", "RopewalkConnector", "RopewalkCore", .grpcCore, .grpcProtobuf, .logging, .nioPosix, .swiftProtobuf],
    path: "Tests/ConnectorPeer",
    exclude: ["go-peer", "python-peer"]
  ),
  .testTarget(
    name: "RopewalkConnectorTests",
    dependencies: [
      "ConnectorPeer", "GoPlugin", "RopewalkConnector", "RopewalkCore", "RopewalkTesting", .grpcCore, .logging, .swiftProtobuf,
    ]
  ),
  // What the tests of the sandbox run in it: a program that tries to get out.
  .executableTarget(name: "SandboxPeer", path: "Tests/SandboxPeer"),
  .testTarget(
    name: "RopewalkProcessTests",
    dependencies: [
      "ConnectorPeer", "GoPlugin", "GoPluginPeer", "GoPluginTesting", "RopewalkConnector", "RopewalkConnectors", "RopewalkCore",
      "RopewalkProcess", "RopewalkTesting", "SandboxPeer", "ropewalk", "ropewalk-connector", .logging, .nioCore, .nioPosix,
    ]
  ),
  .testTarget(name: "RopewalkPostgresTests", dependencies: ["RopewalkPostgres", "RopewalkTesting", .logging]),
  .testTarget(
    name: "RopewalkControllersTests",
    dependencies: ["RopewalkControllers", "RopewalkTesting", .logging, .serviceLifecycle]
  ),
  .testTarget(
    name: "RopewalkServerTests",
    dependencies: ["RopewalkPostgres", "RopewalkSQLite", "RopewalkServer", "RopewalkTesting", .httpTypes, .logging, .subprocess]
  ),
  .testTarget(name: "RopewalkPipelineTests", dependencies: ["RopewalkPipeline", "RopewalkTesting", .inMemoryLogging]),
  .testTarget(
    name: "RopewalkDaemonTests",
    dependencies: [
      "RopewalkConnector", "RopewalkControllers", "RopewalkCore", "RopewalkDaemon", "RopewalkPipeline", "RopewalkResources",
      "RopewalkServer", .logging,
    ]
  ),
  .testTarget(
    name: "RopewalkCommandsTests",
    dependencies: [
      "RopewalkCommands", "RopewalkCore", "RopewalkJournal", "RopewalkNATS", "RopewalkPipeline", "RopewalkServer",
      "RopewalkTesting", "Wasmtime", "ropewalk", "ropewalk-connector", "ConnectorPeer", "chaos", "connector-template",
      "swift-tcp-lines", .grdb, .nioCore, .nioHTTP1, .nioPosix, .subprocess, .systemPackage,
    ]
  ),
]

let package = Package(
  name: "ropewalk",
  platforms: [.macOS(.v15)],
  products: products,
  dependencies: dependencies,
  targets: targets,
  swiftLanguageModes: [.v6]
)

for target in package.targets where !["CWasmtime", "CNATS", "CPostgres", "CGoPluginLauncher", "CSandbox"].contains(target.name) {
  target.swiftSettings =
    (target.swiftSettings ?? []) + [
      .enableUpcomingFeature("ExistentialAny"),
      .enableUpcomingFeature("InternalImportsByDefault"),
      .enableUpcomingFeature("MemberImportVisibility"),
      .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
      .treatAllWarnings(as: .error),
    ]
}
