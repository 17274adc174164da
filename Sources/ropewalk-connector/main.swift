import Logging
import NIOPosix
import RopewalkConnector
import RopewalkConnectors

// The connectors that come with Ropewalk, in a process of their own: what `runtime: process` starts where no plugin is named.
try await ConnectorPlugin.serve(BuiltInConnector.metadata) { _ in BuiltInConnector() }
