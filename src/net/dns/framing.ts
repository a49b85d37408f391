const HEADER_BYTES = 12;
const QUESTION_TAIL_BYTES = 4;
const RECORD_TAIL_BYTES = 10;
const TYPE_A = 1;
const TYPE_AAAA = 28;

/**
 * Whether every question and record that the header counts lies inside the packet, and every A and
 * AAAA record is as long as its address. dns-packet trusts the lengths: of an A record that is cut
 * off it makes `undefined.undefined.undefined.undefined`, of one with a wrong length an address
 * from the bytes that follow. Never throws.
 */
export function isWellFramed(packet: Buffer): boolean {
  if (packet.length < HEADER_BYTES) return false;
  const questions = packet.readUInt16BE(4);
  const records = packet.readUInt16BE(6) + packet.readUInt16BE(8) + packet.readUInt16BE(10);
  let at: number | undefined = HEADER_BYTES;
  for (let index = 0; index < questions && at !== undefined; index += 1)
    at = within(packet, skipName(packet, at), QUESTION_TAIL_BYTES);
  for (let index = 0; index < records && at !== undefined; index += 1) at = skipRecord(packet, at);
  return at !== undefined;
}

/** Where the record at `at` ends; undefined when it does not. RFC 1035 section 4.1.3. */
function skipRecord(packet: Buffer, at: number): number | undefined {
  const tail = skipName(packet, at);
  const data = within(packet, tail, RECORD_TAIL_BYTES);
  if (tail === undefined || data === undefined) return undefined;
  const type = packet.readUInt16BE(tail);
  const length = packet.readUInt16BE(tail + 8);
  if ((type === TYPE_A && length !== 4) || (type === TYPE_AAAA && length !== 16)) return undefined;
  return within(packet, data, length);
}

/** Where the name at `at` ends, which a pointer does. RFC 1035 section 4.1.4. */
function skipName(packet: Buffer, at: number): number | undefined {
  let next = at;
  for (let length = packet[next]; length !== undefined; length = packet[next]) {
    if (length === 0) return next + 1;
    if (length >= 0xc0) return within(packet, next, 2);
    if (length >= 0x40) return undefined;
    next += 1 + length;
  }
  return undefined;
}

function within(packet: Buffer, at: number | undefined, bytes: number): number | undefined {
  return at === undefined || at + bytes > packet.length ? undefined : at + bytes;
}
