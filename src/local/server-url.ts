/** A `server` without a scheme is an https one, as for kubectl (client-go, DefaultServerURL). */
export function serverUrl(server: string): string {
  return server === "" || server.includes("://") ? server : `https://${server}`;
}
