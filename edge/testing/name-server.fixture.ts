import { createSocket } from 'node:dgram';
import { once } from 'node:events';

/** What the server knows. A name that is missing does not exist. */
export type Zone = Record<
  string,
  {
    a?: string[];
    aaaa?: string[];
    srv?: [priority: number, weight: number, port: number, host: string][];
    ttl?: number;
  }
>;

export interface NameServer {
  /** `host:port`, to be asked by UDP. */
  readonly address: string;
  readonly zone: Zone;
  /** Names asked for, as `A trips.test`. */
  readonly asked: string[];
  /** While false it answers nobody. */
  isUp: boolean;
  close(): Promise<void>;
}

const TYPES: Record<number, 'a' | 'aaaa' | 'srv'> = { 1: 'a', 28: 'aaaa', 33: 'srv' };

/** A real name server on a port of the loopback, for as much of RFC 1035 as a resolver asks. */
export async function openNameServer(zone: Zone): Promise<NameServer> {
  const socket = createSocket('udp4');
  const server: NameServer = {
    address: '',
    zone,
    asked: [],
    isUp: true,
    close: () => new Promise((done) => socket.close(() => done())),
  };
  socket.on('message', (question, from) => {
    if (!server.isUp) return;
    const { name, type, end } = readQuestion(question);
    server.asked.push(`${(type ?? 'other').toUpperCase()} ${name}`);
    socket.send(answer(question.subarray(0, end), server.zone[name], type), from.port, from.address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return Object.assign(server, { address: `127.0.0.1:${socket.address().port}` });
}

function readQuestion(packet: Buffer): { name: string; type: 'a' | 'aaaa' | 'srv' | undefined; end: number } {
  const labels: string[] = [];
  let at = 12;
  for (let length = packet[at] ?? 0; length > 0; length = packet[at] ?? 0) {
    labels.push(packet.toString('latin1', at + 1, at + 1 + length));
    at += length + 1;
  }
  return { name: labels.join('.').toLowerCase(), type: TYPES[packet.readUInt16BE(at + 1)], end: at + 5 };
}

function answer(question: Buffer, known: Zone[string] | undefined, type: 'a' | 'aaaa' | 'srv' | undefined): Buffer {
  const records = (type && known?.[type]) ?? [];
  const head = Buffer.from(question);
  head.writeUInt16BE(known ? 0x8580 : 0x8583, 2); // An authoritative answer, or: no such name.
  head.writeUInt16BE(1, 4);
  head.writeUInt16BE(records.length, 6);
  head.writeUInt32BE(0, 8);
  const typeOf = question.readUInt16BE(question.length - 4);
  return Buffer.concat([head, ...records.map((record) => resource(typeOf, known?.ttl ?? 60, data(record)))]);
}

function resource(type: number, ttl: number, content: Buffer): Buffer {
  const head = Buffer.alloc(12);
  head.writeUInt16BE(0xc00c, 0); // The name of the question.
  head.writeUInt16BE(type, 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt32BE(ttl, 6);
  head.writeUInt16BE(content.length, 10);
  return Buffer.concat([head, content]);
}

function data(record: string | [number, number, number, string]): Buffer {
  if (typeof record !== 'string') return service(record);
  if (!record.includes(':')) return Buffer.from(record.split('.').map(Number));
  const [before = '', after = ''] = record.split('::');
  const [left, right] = [before, after].map((side) => side.split(':').filter((group) => group !== ''));
  const missing = Array.from({ length: 8 - (left?.length ?? 0) - (right?.length ?? 0) }, () => '0');
  const groups = [...(left ?? []), ...missing, ...(right ?? [])].map((group) => Number.parseInt(group, 16));
  return Buffer.from(groups.flatMap((group) => [group >> 8, group & 255]));
}

function service([priority, weight, port, host]: [number, number, number, string]): Buffer {
  const head = Buffer.alloc(6);
  [priority, weight, port].forEach((value, i) => head.writeUInt16BE(value, i * 2));
  const labels = host.split('.').map((label) => Buffer.from(`${String.fromCharCode(label.length)}${label}`, 'latin1'));
  return Buffer.concat([head, ...labels, Buffer.alloc(1)]);
}
