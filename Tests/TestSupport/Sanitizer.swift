import Glibc

/// The compiler's sanitizers, which bring an allocator of their own.
public enum Sanitizer {
  /// True where the address or the thread sanitizer watches; what a test says of memory does not hold then.
  public static let isActive: Bool = unsafe dlsym(nil, "__asan_init") != nil || dlsym(nil, "__tsan_init") != nil
}
