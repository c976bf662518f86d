/**
 * A stream in both directions from a page or any program that has a WebSocket; nothing of reef is needed. One WebSocket
 * is one call: its messages are the inputs and the answers.
 *
 *     npx reef run examples/streams/countdown.ts
 *     node examples/streams/websocket.ts
 */
const socket = new WebSocket("ws://localhost:8080/countdown/double");

socket.addEventListener("open", () => {
  for (const n of [1, 2, 3]) socket.send(JSON.stringify({ n }));
  // A WebSocket cannot be closed in one direction, so the end of the inputs is a message.
  socket.send('["end"]');
});

socket.addEventListener("message", ({ data }) => {
  const message: unknown = JSON.parse(String(data));
  // An answer is always an object; a list says how the call failed.
  if (Array.isArray(message)) console.error("failed:", message[1].detail);
  else console.log(message);
});

socket.addEventListener("close", ({ code }) => console.log("closed with", code));
