import HTTPTransport
import Testing

@Suite struct LoopbackTests {
  @Test(
    "An address of this machine is known",
    arguments: [
      "localhost", "LocalHost", "localhost:8080", "127.0.0.1", "127.0.0.1:80", "127.255.255.254", "[::1]", "[::1]:443",
      "::1", "0:0:0:0:0:0:0:1", "[0000:0:0:0:0:0:0:0001]:1",
    ])
  func loopback(host: String) { #expect(isLoopback(host: host)) }

  @Test(
    "What only looks like an address of this machine is not one",
    arguments: [
      "", "127.evil.example", "127.evil.example:80", "127.0.0.1.evil.example", "127.0.0", "127.0.0.1.1", "127.0.0.256",
      "127.1", "127.0.0.1:port", "127.0.0.1:1:2", "localhost.evil.example", "localhost:", "localhost:80:80",
      "xlocalhost", "[::1].evil.example", "[::1", "[::2]", "[::1:1]", "::", "[]", "169.254.170.2", "10.0.0.1",
      "user@localhost", "localhost/", "::1%lo", "[127.0.0.1",
    ])
  func others(host: String) { #expect(!isLoopback(host: host)) }
}
