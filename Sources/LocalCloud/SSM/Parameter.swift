import CacheSupport
import SQLiteStore

/// A version of a parameter.
struct Parameter: Sendable, Hashable {
  var name: ParameterName
  var type: String
  var value: String
  /// Given when it is kept.
  var version: Int64 = 0
  /// Epoch milliseconds. Given when it is kept.
  var modified: Int64 = 0
  var description: String?
  /// The key of a secure string.
  var keyID: String?
  var tier: String = "Standard"
  var dataType: String = "text"
  /// The name as it was written when the parameter was made, where that is `/x` for `x`.
  var spelling: String?
  /// The regular expression that this version's value and those of later ones match.
  var allowedPattern: String?

  /// As the service shows the name.
  var shownName: String { spelling ?? name.text.text }

  /// The key of those secure strings for which nobody names one.
  static let defaultKey: String = "alias/aws/ssm"

  /// - Parameter name: as it is written.
  init(_ name: String, type: String, value: String) {
    self.name = ParameterName(name)
    spelling = self.name.text == ByteText(name) ? nil : name
    self.type = type
    self.value = value
    if type == "SecureString" { keyID = Self.defaultKey }
    if value.utf8.count > ParameterTier.standardValue { tier = "Advanced" }
  }

  // MARK: As it is kept

  static let columns =
    "v.name, v.type, v.value, v.version, v.modified, v.description, v.key_id, v.tier, v.data_type, v.spelling, v.pattern"

  /// From ``columns``.
  init?(_ row: [SQLValue]) {
    guard row.count == 11, let name = row[0].text, let type = row[1].text, let value = row[2].text,
      let version = row[3].integer, let modified = row[4].integer, let tier = row[7].text,
      let dataType = row[8].text
    else { return nil }
    self.init(name, type: type, value: value)
    self.version = version
    self.modified = modified
    description = row[5].text
    keyID = row[6].text
    self.tier = tier
    self.dataType = dataType
    spelling = row[9].text
    allowedPattern = row[10].text
  }
}

/// What a value may cost.
enum ParameterTier {
  /// Bytes of a value in the standard tier.
  static let standardValue: Int = 4096
  /// Bytes of a value in the advanced tier.
  static let advancedValue: Int = 8192

  /// The tier of a new version.
  ///
  /// - Parameters:
  ///   - wanted: as the request names it; nil takes the tier of the version before.
  ///   - known: of the version before.
  /// - Throws: ValidationException for a value that is too large, and for a step back to the standard tier.
  static func tier(_ wanted: String?, over known: String?, of value: String) throws(ServiceError) -> String {
    let isAdvanced = known == "Advanced"
    if isAdvanced, wanted == "Standard" {
      throw SSMService.validation(
        "This parameter uses the advanced-parameter tier. You can't downgrade a parameter from the advanced-parameter tier to the standard-parameter tier. If necessary, you can delete the advanced parameter and recreate it as a standard parameter."
      )
    }
    let size = value.utf8.count
    let tier =
      switch wanted {
      case "Advanced": "Advanced"
      case "Intelligent-Tiering": isAdvanced || size > standardValue ? "Advanced" : "Standard"
      default: isAdvanced ? "Advanced" : "Standard"
      }
    if tier == "Standard", size > standardValue {
      throw SSMService.validation(
        "Standard tier parameters support a maximum parameter value of 4096 characters. To create a larger parameter value, upgrade the parameter to use the advanced-parameter tier."
      )
    }
    guard size <= advancedValue else {
      throw SSMService.validation("Parameter value, can't be more than \(advancedValue) characters long.")
    }
    return tier
  }
}
