import CacheSupport
import CommandLineSupport
import LocalCloud
import TimeSeriesCache

/// `local-cloud plan`: what would be set up, and what is wrong with it.
enum Plan {
  static let help: String = Arguments.help(
    CommandLineOptions.options.filter {
      ["port", "data", "host", "template", "parameter", "parameters", "reset", "stack-name"].contains($0.name)
    },
    """
    Usage: local-cloud plan [--template FILE] [--parameter K=V]…

    Prints what a start with the same options would set up, and what of the template it does not emulate. It asks no cloud, and
    changes nothing. The exit status is 1 where the template or a description of a source is wrong.

    Examples:
      local-cloud plan --template template.yaml
      local-cloud plan --parameter HistoryStore=dynamodb
    """)

  /// Prints the plan, and what is doubtful or wrong to standard error.
  ///
  /// - Returns: false where a description of a source is wrong.
  static func show(_ options: LocalCloud.Options) throws -> Bool {
    let plan = try LocalCloud.plan(options)
    Output.line(plan.text)
    for warning in plan.warnings { Output.errorLine("local-cloud: warning: \(warning)") }
    let faults = sourceFaults(of: plan)
    for fault in faults { Output.errorLine("local-cloud: \(fault)") }
    return faults.isEmpty
  }

  /// What is wrong in the descriptions of sources that functions are given, in the variable `SOURCES` or in the parameter that
  /// `SOURCES_SSM_ID` names.
  static func sourceFaults(of plan: StackPlan) -> [String] {
    var seen: Set<String> = []
    var faults: [String] = []
    for function in plan.functions {
      let (place, text): (String, String?) =
        if let text = function.variables["SOURCES"] {
          ("the variable SOURCES of the function \(function.name)", text)
        } else if let name = function.variables["SOURCES_SSM_ID"] {
          ("the parameter \(name), which the function \(function.name) reads (SOURCES_SSM_ID)", plan.parameters[name])
        } else { ("", "") }
      // A parameter that several functions read is looked at once.
      let key = function.variables["SOURCES"] == nil ? function.variables["SOURCES_SSM_ID"] ?? "" : place
      guard !place.isEmpty, seen.insert(key).inserted else { continue }
      guard let text else {
        faults.append("\(place) is not in the stack: give it an AWS::SSM::Parameter, or set SOURCES")
        continue
      }
      faults += SourceCatalog.faults(in: text).map { "\(place): \($0)" }
    }
    return faults
  }
}
