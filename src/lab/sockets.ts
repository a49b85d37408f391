import { once } from "node:events";
import type { Socket } from "node:net";

/** An RST on every connection; resolves when they are closed here. */
export async function resetAll(sockets: Iterable<Socket>): Promise<void> {
  const live = [...sockets].filter(({ destroyed }) => !destroyed);
  await Promise.all(
    live.map(async (socket) => {
      const closed = once(socket, "close");
      socket.resetAndDestroy();
      await closed;
    }),
  );
}
