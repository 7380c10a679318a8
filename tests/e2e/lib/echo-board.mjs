// The simplest board: it sends back what it gets, and notes its control lines.
import net from 'node:net';

const listen = handler => new Promise(resolve => {
  const server = net.createServer(handler).listen(0, '127.0.0.1', () => resolve(server));
});

export async function echoBoard() {
  const sockets = new Set();
  const note = socket => {
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('close', () => sockets.delete(socket)).on('error', () => {});
  };
  const board = { lines: [], received: 0, connections: 0 };
  const data = await listen(socket => {
    note(socket);
    board.connections += 1;
    socket.on('data', bytes => {
      board.received += bytes.length;
      if (!socket.write(bytes)) {
        socket.pause();
        socket.once('drain', () => socket.resume());
      }
    });
    board.send = bytes => socket.write(bytes);
  });
  const control = await listen(socket => {
    note(socket);
    let rest = '';
    socket.setEncoding('ascii').on('data', text => {
      const lines = (rest + text).split('\n');
      rest = lines.pop();
      board.lines.push(...lines);
      socket.write('ok\n'.repeat(lines.length));
    });
  });
  const endpoint = server => `127.0.0.1:${server.address().port}`;
  board.endpoints = { board: endpoint(data), control: endpoint(control) };
  board.close = () => {
    for (const socket of sockets) socket.destroy();
    data.close();
    control.close();
  };
  return board;
}
