import CacheSupport

/// What names are made of, in SQS.
enum QueueName {
  /// - Throws: SQS's words for what is no name of a standard queue.
  static func check(_ name: String) throws(ServiceError) {
    if name.utf8.count > 5, name.utf8.suffix(5).elementsEqual(".fifo".utf8) {
      throw .invalidParameter("The local cloud does not emulate FIFO queues")
    }
    guard (1...80).contains(name.utf8.count), name.utf8.allSatisfy(ASCII.isNameByte) else {
      throw .invalidParameter("Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length")
    }
  }

  /// The last part of a queue's URL.
  ///
  /// - Throws: QueueDoesNotExist where there is none.
  static func inURL(_ url: String) throws(ServiceError) -> String {
    guard let name = url.utf8.split(separator: UInt8(ascii: "/")).last else { throw .queueDoesNotExist }
    return String(Substring(name))
  }
}
