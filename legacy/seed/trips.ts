import { createRandom, type Random } from '../traffic/random.ts';
import { type Cell, datetime, END_MS, type SeedSize, type SeedTable, START_MS, ZERO_DATE } from './size.ts';
import { TRIP_TRAPS } from './traps.ts';
import { CITIES, NOTES, STREETS } from './words.ts';

const COLUMNS = [
  'id',
  'user_id',
  'vehicle_id',
  'route_id',
  'status',
  'pickup_addr',
  'dropoff_addr',
  'fare',
  'surge',
  'currency',
  'shared_ride',
  'odometer_start',
  'started_at',
  'finished_at',
  'note',
  'extras',
  'client_ref',
  'deleted',
  'legacy_flags',
  'created_at',
  'updated_at',
] as const;

type Trip = Record<(typeof COLUMNS)[number], Cell>;

/** Trips in the order of their ids, 2016 to 2026. Ids leave gaps, as rolled-back inserts do. */
export function tripsTable(size: SeedSize): SeedTable {
  return {
    name: 'trips',
    columns: COLUMNS,
    rows: function* () {
      for (const trip of trips(size)) yield COLUMNS.map((column) => trip[column]);
    },
  };
}

/** About 1.5 positions per trip: most trips have none left, some have their whole way. */
export function locationsTable(size: SeedSize): SeedTable {
  const columns = ['id', 'trip_id', 'vehicle_id', 'lat', 'lng', 'speed_kmh', 'source', 'client_ref', 'recorded_at'];
  return { name: 'locations', columns, rows: () => locations(size) };
}

function* trips(size: SeedSize): Iterable<Trip> {
  const random = createRandom(size.seed, 'trips');
  const step = (END_MS - START_MS) / size.trips;
  let id = 1000;
  for (let i = 0; i < size.trips; i++) {
    id += random.chance(0.03) ? random.int(2, 40) : 1;
    const trip = ordinaryTrip(random, id, size, START_MS + Math.floor((i + random.next()) * step));
    const trap = i < TRIP_TRAPS.length ? TRIP_TRAPS[i] : random.chance(0.02) ? random.pick(TRIP_TRAPS) : undefined;
    yield trap ? { ...trip, ...trap } : trip;
  }
}

function ordinaryTrip(random: Random, id: number, size: SeedSize, created: number): Trip {
  const status = statusOf(random);
  const started = created + random.int(60, 1800) * 1000;
  const finished = started + random.int(120, 5400) * 1000;
  const moved = status === 'en_route' || status === 'completed';
  const over = status === 'completed' || status === 'cancelled';
  return {
    id,
    user_id: random.int(1, size.users),
    vehicle_id: status === 'requested' || random.chance(0.1) ? null : random.int(1, size.vehicles),
    route_id: random.chance(0.3) ? random.int(1, 60) : null,
    status,
    pickup_addr: `${random.pick(STREETS)}, ${random.pick(CITIES)}`,
    dropoff_addr: random.chance(0.08) ? 'unknown' : random.chance(0.05) ? null : random.pick(STREETS),
    fare: status === 'completed' ? `${random.int(3, 89)}.${String(random.int(0, 99)).padStart(2, '0')}` : '0.00',
    surge: random.chance(0.8) ? '1.00' : random.pick(['1.25', '1.50', '0.85', '2.00', '1.10']),
    currency: random.chance(0.95) ? 'EUR' : random.pick(['CHF', 'SEK', 'PLN']),
    shared_ride: random.chance(0.2) ? 1 : 0,
    odometer_start: random.int(0, 400_000_000),
    started_at: moved ? datetime(started) : ZERO_DATE,
    finished_at: over ? datetime(finished) : ZERO_DATE,
    note: random.chance(0.25) ? random.pick(NOTES) : random.chance(0.1) ? '' : null,
    extras: random.chance(0.3) ? extras(random) : null,
    client_ref: random.chance(0.35) ? random.uuid() : null,
    deleted: random.chance(0.03) ? 1 : 0,
    legacy_flags: random.chance(0.1) ? random.int(1, 255) : 0,
    created_at: datetime(created),
    updated_at: datetime(over ? finished : created, 3),
  };
}

function statusOf(random: Random): string {
  const draw = random.next();
  if (draw < 0.8) return 'completed';
  if (draw < 0.95) return 'cancelled';
  if (draw < 0.97) return 'en_route';
  return draw < 0.985 ? 'assigned' : 'requested';
}

function extras(random: Random): string {
  const child = random.chance(0.2) ? ', "child_seat": true' : '';
  return `{"pax": ${random.int(1, 6)}, "app": "${random.int(1, 9)}.${random.int(0, 20)}"${child}}`;
}

function* locations(size: SeedSize): Iterable<readonly Cell[]> {
  const random = createRandom(size.seed, 'locations');
  let id = 5000;
  for (const trip of trips(size)) {
    const moved = trip.status === 'en_route' || trip.status === 'completed';
    if (!moved || trip.started_at === ZERO_DATE || !random.chance(0.094)) continue;
    const start = Date.parse(`${String(trip.started_at).replace(' ', 'T')}Z`);
    const source = random.pick(['gps', 'gps', 'gps', 'manual', 'import']);
    let lat = random.int(-89_000_000, 89_000_000);
    let lng = random.int(-179_000_000, 179_000_000);
    for (let count = random.int(5, 35), i = 0; i < count; i++) {
      id += random.chance(0.01) ? random.int(2, 9) : 1;
      lat += random.int(-900, 900);
      lng += random.int(-900, 900);
      const speed = random.chance(0.1) ? null : random.int(0, 1300) / 10;
      const at = `${datetime(start + i * 5000)}.${String(random.int(0, 999_999)).padStart(6, '0')}`;
      const ref = random.chance(0.05) ? random.uuid() : null;
      yield [id, trip.id, trip.vehicle_id, (lat / 1e6).toFixed(6), (lng / 1e6).toFixed(6), speed, source, ref, at];
    }
  }
}
