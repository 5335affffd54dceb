import CacheSupport

/// The entries of batches that a fault on purpose may let fail.
extension SQSService {
  var batchFaults: [BatchFault] {
    ["SendMessageBatch", "DeleteMessageBatch", "ChangeMessageVisibilityBatch"].map { operation in
      BatchFault(kind: .failedEntries, operation: operation) { input, choice throws(ServiceError) in
        let entries = input["Entries"]?.array ?? []
        let picked = choice.pick(of: entries.count)
        let failed = picked.sorted().map { place in
          JSON.object([
            "Id": entries[place]["Id"] ?? .null, "Code": "InternalError",
            "Message": "We encountered an internal error. Please try again.", "SenderFault": false,
          ])
        }
        var rest = input
        rest["Entries"] = .array(entries.indices.filter { !picked.contains($0) }.map { entries[$0] })
        return BatchFault.Remainder(input: picked.count < entries.count ? rest : nil) { answer in
          var members = answer.members
          members["Failed"] = .array((members["Failed"]?.array ?? []) + failed)
          return answer.with(members)
        }
      }
    }
  }
}
