// The suite can send no token, and the gateway answers nobody without one: passes every request on
// to the server given, with an agent's token added and nothing else changed.
// node with_token.mjs URL, with the token in LEEWAY_TOKEN; says where it listens.
import http from 'node:http';

const target = new URL(process.argv[2]);

const proxy = http.createServer((request, response) => {
  const onward = http.request(
    { host: target.hostname, port: target.port, path: request.url, method: request.method,
      headers: { ...request.headers, authorization: `Bearer ${process.env.LEEWAY_TOKEN}` } },
    answer => {
      response.writeHead(answer.statusCode, answer.headers);
      response.flushHeaders();
      answer.pipe(response);
    });
  onward.on('error', error => response.destroy(error));
  // Hanging up is a message too: in the stateless protocol it cancels.
  response.on('close', () => onward.destroy());
  request.pipe(onward);
});

proxy.listen(0, '127.0.0.1', () => console.log(`passing on http://127.0.0.1:${proxy.address().port}`));
