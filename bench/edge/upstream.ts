import { answerOf, exampleTrip, startLeanApplication } from '../lean-application.ts';

/** The application behind all peers: 1 KB of JSON. */
const trips = Array.from({ length: 5 }, (_, i) => exampleTrip(i));
const headers = ['ETag: W/"400-bench"', 'Vary: Accept-Encoding', `Date: ${new Date().toUTCString()}`];
const answer = answerOf({ trips, next: null }, headers);

// One process, two addresses: legacy's and the service's. Peers that split traffic pay for no second application.
const start = (): Promise<number> => startLeanApplication((socket) => void socket.write(answer));
process.send?.({ port: await start(), servicePort: await start() });
process.on('disconnect', () => process.exit(0));
