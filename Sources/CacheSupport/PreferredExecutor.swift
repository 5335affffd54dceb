/// The executor that the current task prefers; nil where it has none.
///
/// A task that is started with `Task { }` does not inherit the preference: without it, its work would go to another thread.
package func preferredExecutor() -> (any TaskExecutor)? {
  // The executor lives as long as the task that runs on it, and a task that is given it keeps it.
  unsafe withUnsafeCurrentTask { unsafe $0?.unownedTaskExecutor?.asTaskExecutor() }
}
