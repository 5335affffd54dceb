// A source of two pages, compressed, over TLS and without, and a proxy that takes every name for this source's.
// Usage: node source.mjs KEY CERTIFICATE h2|http/1.1; the first line has the ports, each further line has a request.
import fs from "node:fs";
import http from "node:http";
import http2 from "node:http2";
import https from "node:https";
import net from "node:net";
import zlib from "node:zlib";

const [keyFile, certificateFile, protocol] = process.argv.slice(2);
const tlsOptions = { key: fs.readFileSync(keyFile), cert: fs.readFileSync(certificateFile) };
const print = (value) => fs.writeSync(1, JSON.stringify(value) + "\n");
let connections = 0;

function answer(request, response) {
  const page = Number(new URL(request.url, "https://source").searchParams.get("page"));
  print({ page, version: request.httpVersion, accepts: request.headers["accept-encoding"], connections });
  const time = Date.now() + (page === 1 ? -1 : 1) * 600_000;
  const body = { rows: [{ time, value: page }], next: page === 1 ? "?page=2" : null };
  response.writeHead(200, { "content-type": "application/json", "content-encoding": "gzip" });
  response.end(zlib.gzipSync(JSON.stringify(body)));
}

const plain = http.createServer(answer);
const tls = protocol === "h2" ? http2.createSecureServer(tlsOptions, answer) : https.createServer(tlsOptions, answer);
tls.on("secureConnection", () => connections++);
const proxy = http.createServer((request, response) => {
  print({ proxy: request.url.split("?")[0] });
  request.url = request.url.replace(/^http:\/\/[^/]*/, "");
  answer(request, response);
});
proxy.on("connect", (request, client) => {
  print({ proxy: request.url });
  const server = net.connect(tls.address().port, "127.0.0.1", () => {
    client.write("HTTP/1.1 200 Connected\r\n\r\n");
    server.pipe(client).pipe(server);
  });
});

const servers = { plain, tls, proxy };
for (const server of Object.values(servers)) await new Promise((done) => server.listen(0, "127.0.0.1", done));
print(Object.fromEntries(Object.entries(servers).map(([name, server]) => [name, server.address().port])));
