import CacheSupport

/// The records that a fault on purpose may reject.
extension TimestreamService {
  var batchFaults: [BatchFault] {
    [
      BatchFault(kind: .rejectedRecords, operation: "WriteRecords") { input, choice throws(ServiceError) in
        let records = input["Records"]?.array ?? []
        let picked = choice.pick(of: records.count)
        let kept = records.indices.filter { !picked.contains($0) }
        let rejected = picked.map { place in
          JSON.object(["RecordIndex": .integer(place), "Reason": .string(choice.reason)])
        }
        var rest = input
        rest["Records"] = .array(kept.map { records[$0] })
        return BatchFault.Remainder(input: kept.isEmpty ? nil : rest) { answer in
          // Where the rest is refused as a whole, so is all of it.
          if let refusal = answer.refusal, refusal.members["RejectedRecords"] == nil { return answer }
          // What was rejected of the rest has its place among all records.
          let others = (answer.refusal?.members["RejectedRecords"]?.array ?? []).map { entry in
            var entry = entry.object ?? [:]
            entry["RecordIndex"] = entry["RecordIndex"]?.int.flatMap {
              kept.indices.contains($0) ? .integer(kept[$0]) : nil
            }
            return JSON.object(entry)
          }
          let all = (rejected + others).sorted { ($0["RecordIndex"]?.int ?? 0) < ($1["RecordIndex"]?.int ?? 0) }
          return Answer(refusing: .rejectedRecords(all))
        }
      }
    ]
  }
}
