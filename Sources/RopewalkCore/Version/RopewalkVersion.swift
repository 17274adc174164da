/// The version of this build, which built-in functions and connectors share.
package enum RopewalkVersion {
  package static let current = "0.1.0"
}
