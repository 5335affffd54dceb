import CacheSupport
import SigV4

/// What modules are made of.
struct ModuleContext: Sendable {
  let storage: Storage
  let account: Account
  let clock: WallClock
  /// Where the server is, once it has its ports.
  let place: ServerPlace
  let verifier: Verifier
  let faults: Faults
  let options: LocalCloud.Options
  /// The folder of the functions' logs; nil keeps none.
  let logFolder: String?
  /// The modules that are there already.
  private(set) var modules: [any ServiceModule] = []

  init(
    storage: Storage, account: Account, place: ServerPlace, verifier: Verifier, faults: Faults,
    options: LocalCloud.Options, logFolder: String?
  ) {
    self.storage = storage
    self.account = account
    clock = options.clock
    self.place = place
    self.verifier = verifier
    self.faults = faults
    self.options = options
    self.logFolder = logFolder
  }

  /// A fault of the list of modules.
  struct MissingModule: Error, CustomStringConvertible {
    let description: String
  }

  mutating func add(_ type: any ServiceModule.Type) throws { modules.append(try type.init(self)) }

  /// The module of a type, which stands before the one that asks.
  func module<Module: ServiceModule>(_ type: Module.Type = Module.self) throws -> Module {
    for module in modules { if let module = module as? Module { return module } }
    throw MissingModule(description: "\(type) must stand before the modules that use it")
  }
}
