import Synchronization

/// The page that people look at: its files as `local/page.sh` writes them, read once.
///
/// The list names every file that there is, so that no request's path ever reaches the file system.
package struct PageFiles: Sendable {
  /// A file, as it is and as gzip has it.
  package struct File: Sendable, Hashable {
    /// `Content-Type`.
    package var type: String
    /// What a strong `ETag` has between its quotes; that of the packed file ends in `-gzip`.
    package var tag: String
    package var bytes: [UInt8]
    package var packed: [UInt8]
    /// True for what has another address once its contents change.
    package var isForever: Bool
  }

  /// By their paths.
  private let files: [ByteText: File]

  /// The largest file that is read, bytes.
  static let limit: Int = 1 << 20

  /// Where an executable's page is: the folder `page` beside it.
  package static func folder(beside executables: String) -> String { executables + "/page" }

  /// - Throws: `TextFile.Failure` for files that cannot be read; one that is absent says so.
  package init(folder: String) throws(TextFile.Failure) {
    let lines = try TextFile.read(folder + "/files.txt", limit: Self.limit).split(separator: "\n")
    var files: [ByteText: File] = [:]
    for line in lines.dropFirst() {
      let fields = line.split(separator: " ")
      guard fields.count == 3, let version = lines.first else {
        throw TextFile.Failure(description: "\(folder)/files.txt is not what local/page.sh writes", isAbsent: false)
      }
      let (name, type) = (String(fields[0]), String(fields[2]))
      // The page's own address, and what other servers of it answer differently.
      let isForever = name != "index.html" && name != "site.json"
      let path = name == "index.html" ? "/" : isForever ? "/page/\(version)/\(name)" : "/\(name)"
      files[ByteText(path)] = File(
        type: type + (type == "image/svg+xml" ? "" : "; charset=utf-8"), tag: String(fields[1]),
        bytes: try TextFile.bytes(folder + "/" + name, limit: Self.limit),
        packed: try TextFile.bytes(folder + "/" + name + ".gz", limit: Self.limit), isForever: isForever)
    }
    self.files = files
  }

  /// The file of a path; nil where there is none.
  package subscript(path: ByteText) -> File? { files[path] }
}

/// The folder of the page's files. They are read when somebody first asks, and then kept.
package final class PageFolder: Sendable {
  package let path: String
  private let read = Mutex<PageFiles?>(nil)

  package init(_ path: String) { self.path = path }

  /// - Throws: `TextFile.Failure` for files that cannot be read; whoever asks next tries again.
  package func files() throws(TextFile.Failure) -> PageFiles {
    try read.withLock { (read) throws(TextFile.Failure) in
      if let read { return read }
      let files = try PageFiles(folder: path)
      read = files
      return files
    }
  }
}

extension PageFiles.File {
  /// Every header of an answer with this file.
  ///
  /// - Parameter isPacked: whether the packed bytes go out.
  package func headers(isPacked: Bool) -> [String: String] {
    var headers = Self.protection
    headers["Content-Type"] = type
    headers["ETag"] = isPacked ? "\"\(tag)-gzip\"" : "\"\(tag)\""
    headers["Cache-Control"] = isForever ? "public, max-age=31536000, immutable" : "no-cache"
    headers["Vary"] = "Accept-Encoding"
    if isPacked { headers["Content-Encoding"] = "gzip" }
    return headers
  }

  /// What a browser may do with the page: run and show its own files, ask its own server, and nothing else; no string becomes markup or
  /// code (<https://www.w3.org/TR/CSP3/>, <https://www.w3.org/TR/trusted-types/>).
  package static let protection: [String: String] = [
    "Content-Security-Policy":
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types default",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
  ]
}
