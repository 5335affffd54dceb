/// The version of this project, which every program tells (`--version`).
package enum Version {
  /// As <https://semver.org> has it. A test holds README.md to it.
  package static let text: String = "0.1.0"
}
