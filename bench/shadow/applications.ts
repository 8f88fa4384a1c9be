import type { Socket } from 'node:net';
import { constants, setPriority } from 'node:os';
import { answerOf, exampleTrip, startLeanApplication } from '../lean-application.ts';

/**
 * Control, or with `candidates` everything it is compared with: one port each. Control answers with JSON of about 2 KB.
 * The candidates have what nobody else wants of the processors: elsewhere they have machines of their own.
 */
const CONTROL = answerOf(trips(10));
const LARGE = answerOf(trips(100));
const SLOW_MS = 2_000;

type Behaviour = (socket: Socket) => void;

const control: Readonly<Record<string, Behaviour>> = { control: (socket) => void socket.write(CONTROL) };
const candidates: Readonly<Record<string, Behaviour>> = {
  fast: (socket) => void socket.write(CONTROL),
  slow: (socket) => void setTimeout(() => socket.write(CONTROL), SLOW_MS).unref(),
  hung: () => undefined,
  dead: (socket) => void socket.destroy(),
  large: (socket) => void socket.write(LARGE),
};

const isControl = process.argv[2] !== 'candidates';
if (!isControl) setPriority(constants.priority.PRIORITY_LOW);
const ports: Record<string, number> = {};
for (const [name, behave] of Object.entries(isControl ? control : candidates))
  ports[name] = await startLeanApplication(behave);
process.send?.(ports);
process.on('disconnect', () => process.exit(0));

function trips(count: number): object {
  const updatedAt = '2026-01-02T04:04:05Z';
  return { trips: Array.from({ length: count }, (_, i) => ({ ...exampleTrip(i), updatedAt })), next: null };
}
