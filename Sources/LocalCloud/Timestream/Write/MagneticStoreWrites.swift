import CacheSupport

/// `MagneticStoreWriteProperties` as a request gives them.
enum MagneticStoreWrites {
  static let bucketPattern = Input.Pattern(text: #"[a-z0-9][\.\-a-z0-9]{1,61}[a-z0-9]"#) { name in
    func isAlphanumeric(_ byte: UInt8?) -> Bool {
      byte.map { (48...57).contains($0) || (97...122).contains($0) } ?? false
    }
    let bytes = Array(name.utf8)
    return isAlphanumeric(bytes.first) && isAlphanumeric(bytes.last)
      && bytes.allSatisfy { isAlphanumeric($0) || ".-".utf8.contains($0) }
  }

  /// Checks the member's shape; nil where it is not given.
  static func read(_ input: inout Input) throws(ServiceError) -> JSONObject? {
    guard let object = try input.object("MagneticStoreWriteProperties") else { return nil }
    var properties = Input(object, path: "magneticStoreWriteProperties")
    if try properties.bool("EnableMagneticStoreWrites") == nil {
      properties.violate("EnableMagneticStoreWrites", nil, "not be null")
    }
    let location = try properties.object("MagneticStoreRejectedDataLocation") ?? [:]
    var reports = Input(location, path: "magneticStoreWriteProperties.magneticStoreRejectedDataLocation")
    var bucket = Input(
      try reports.object("S3Configuration") ?? [:],
      path: "magneticStoreWriteProperties.magneticStoreRejectedDataLocation.s3Configuration")
    _ = try bucket.string("BucketName", length: 3...63, pattern: bucketPattern)
    _ = try bucket.string("ObjectKeyPrefix", length: 1...928)
    _ = try bucket.string("EncryptionOption", values: ["SSE_S3", "SSE_KMS"])
    _ = try bucket.string("KmsKeyId", length: 1...2048)
    for part in [properties, reports, bucket] { input.absorb(part) }
    return object
  }
}
