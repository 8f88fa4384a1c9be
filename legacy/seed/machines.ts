import { createRandom } from '../traffic/random.ts';
import { datetime, END_MS, type SeedSize, type SeedTable, START_MS, ZERO_DATE } from './size.ts';
import { CITIES, MODELS } from './words.ts';

const ROUTES = 60;
const FIRMWARES = 40;
const SENSORS = ['lidar', 'radar', 'camera', 'imu', 'gps', 'door'];

export function machineTables(size: SeedSize): SeedTable[] {
  return [
    settingsTable(),
    firmwareTable(size),
    routesTable(size),
    vehiclesTable(size),
    sensorsTable(size),
    faults(size),
  ];
}

function settingsTable(): SeedTable {
  const values: [string, string][] = [
    ['base_fare', '3.50'],
    ['feedback_max', '4000'],
    ['notification_days', '90'],
    ['page_size', '50'],
    ['session_days', '14'],
    ['status_banner', 'Winter tyres until 15 April ❄️'],
    ['topup_min', '5'],
    ['feature.pool_v2', 'off'],
    ['smtp_host', 'mail.fleet.example'],
  ];
  return {
    name: 'settings',
    columns: ['name', 'value', 'updated_at'],
    rows: () => values.map(([name, value]) => [name, value, datetime(START_MS)]),
  };
}

function firmwareTable(size: SeedSize): SeedTable {
  return {
    name: 'firmware',
    columns: ['id', 'version', 'channel', 'notes', 'released_at'],
    rows: function* () {
      const random = createRandom(size.seed, 'firmware');
      for (let id = 1; id <= FIRMWARES; id++) {
        const released = id > FIRMWARES - 3 ? ZERO_DATE : datetime(START_MS + id * 80 * 86_400_000);
        const channel = random.pick(['stable', 'stable', 'beta', 'nightly']);
        yield [
          id,
          `${1 + Math.floor(id / 10)}.${id % 10}.0`,
          channel,
          random.chance(0.3) ? null : 'Fixes 🛠️',
          released,
        ];
      }
    },
  };
}

function routesTable(size: SeedSize): SeedTable {
  return {
    name: 'routes',
    columns: ['id', 'name', 'origin', 'destination', 'distance_km', 'est_minutes', 'waypoints', 'active'],
    rows: function* () {
      const random = createRandom(size.seed, 'routes');
      for (let id = 1; id <= ROUTES; id++) {
        const [from, to, km] = [random.pick(CITIES), random.pick(CITIES), random.int(1000, 900_000) / 1000];
        const active = random.chance(0.9) ? 1 : 0;
        yield [id, `${from} – ${to} #${id}`, from, to, km.toFixed(3), Math.ceil(km), `[[${id}.5, 13.4]]`, active];
      }
    },
  };
}

function vehiclesTable(size: SeedSize): SeedTable {
  const columns = [
    'id',
    'plate',
    'vin',
    'model',
    'state',
    'firmware_id',
    'odometer',
    'battery_pct',
    'last_lat',
    'last_lng',
  ];
  return {
    name: 'vehicles',
    columns: [...columns, 'last_seen_at', 'deleted', 'created_at'],
    rows: function* () {
      const random = createRandom(size.seed, 'vehicles');
      for (let id = 1; id <= size.vehicles; id++) {
        const seen = random.chance(0.9);
        yield [
          id,
          `B-AV ${1000 + id}`,
          `WFL${String(id).padStart(14, '0')}`,
          random.pick(MODELS),
          random.pick(['active', 'active', 'active', 'charging', 'maintenance', 'retired']),
          random.chance(0.05) ? null : random.int(1, FIRMWARES),
          random.chance(0.01) ? '18446744073709551615' : random.int(0, 400_000_000),
          random.int(3, 100),
          seen ? (random.int(47_000_000, 55_000_000) / 1e6).toFixed(6) : null,
          seen ? (random.int(6_000_000, 15_000_000) / 1e6).toFixed(6) : null,
          seen ? datetime(END_MS - random.int(0, 86_400_000)) : ZERO_DATE,
          random.chance(0.02) ? 1 : 0,
          datetime(START_MS + id * 60_000),
        ];
      }
    },
  };
}

function sensorsTable(size: SeedSize): SeedTable {
  return {
    name: 'sensors',
    columns: ['id', 'vehicle_id', 'kind', 'serial', 'healthy', 'calibrated_at'],
    rows: function* () {
      const random = createRandom(size.seed, 'sensors');
      for (let id = 1; id <= size.vehicles * SENSORS.length; id++) {
        const calibrated = random.chance(0.2) ? ZERO_DATE : datetime(random.int(START_MS, END_MS));
        const kind = SENSORS[id % SENSORS.length]!;
        const vehicle = Math.ceil(id / SENSORS.length);
        yield [id, vehicle, kind, `${kind}-${random.hex(10)}`, random.chance(0.95) ? 1 : 0, calibrated];
      }
    },
  };
}

function faults(size: SeedSize): SeedTable {
  return {
    name: 'diagnostics',
    columns: ['id', 'vehicle_id', 'sensor_id', 'code', 'severity', 'payload', 'raised_at', 'cleared_at'],
    rows: function* () {
      const random = createRandom(size.seed, 'diagnostics');
      let id = 10;
      for (let i = 0; i < size.vehicles * 10; i++) {
        id += random.chance(0.05) ? random.int(2, 30) : 1;
        const vehicle = random.int(1, size.vehicles);
        const sensor = random.chance(0.3) ? null : (vehicle - 1) * SENSORS.length + random.int(1, SENSORS.length);
        const raised = random.int(START_MS, END_MS);
        const cleared = random.chance(0.2) ? ZERO_DATE : datetime(raised + random.int(60, 90_000) * 1000);
        const severity = random.pick(['info', 'info', 'warning', 'critical']);
        const payload = random.chance(0.3)
          ? null
          : `{"volts": ${random.int(9000, 14_000) / 1000}, "raw": "${random.hex(8)}"}`;
        yield [id, vehicle, sensor, `E-${random.int(100, 999)}`, severity, payload, datetime(raised, 3), cleared];
      }
    },
  };
}
