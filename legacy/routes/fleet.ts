import { Router } from 'express';
import { one, rows, setting, type Db } from '../db.ts';
import { limitOf } from '../format.ts';
import { loginRequired, type Fleet } from '../session.ts';

const CACHE_MS = 5000;

export function fleetRoutes(fleet: Fleet): Router {
  const { db } = fleet;
  const router = Router();
  let cached: Promise<object> | undefined;
  let cachedAt = 0;

  // The screen in the control room asks for this without a login, every second, on nine displays.
  router.get('/status', async (_req, res) => {
    if (!cached || Date.now() - cachedAt > CACHE_MS) {
      cachedAt = Date.now();
      cached = status(db);
      cached.catch(() => (cached = undefined));
    }
    res.json(await cached);
  });

  // FIXME one query per vehicle and one per sensor (N+1). Fine with the 40 cars we had; never give it a bigger limit.
  router.get('/health', loginRequired(fleet), async (req, res) => {
    const limit = limitOf(req.query['limit'], 10, 25);
    const vehicles = await rows(db, `SELECT id, plate FROM vehicles WHERE deleted = 0 ORDER BY id LIMIT ${limit}`);
    const report = [];
    for (const vehicle of vehicles) {
      const sensors = await rows(db, 'SELECT id, kind, healthy FROM sensors WHERE vehicle_id = ?', [vehicle['id']]);
      const faults = [];
      for (const sensor of sensors) {
        const sql =
          "SELECT COUNT(*) AS n FROM diagnostics WHERE vehicle_id = ? AND sensor_id = ? AND cleared_at = '0000-00-00'";
        const open = await one(db, sql, [vehicle['id'], sensor['id']]);
        if (!sensor['healthy'] || Number(open?.['n']) > 0)
          faults.push({ kind: sensor['kind'], open: Number(open?.['n']) });
      }
      report.push({ id: vehicle['id'], plate: vehicle['plate'], sensors: sensors.length, faults });
    }
    res.json({ vehicles: report });
  });

  return router;
}

/** Both counts are index scans. Soft-deleted trips are in there too; the numbers on the screen always were a bit high. */
async function status(db: Db): Promise<object> {
  const vehicles = await rows(db, 'SELECT state AS name, COUNT(*) AS n FROM vehicles WHERE deleted = 0 GROUP BY state');
  const trips = await rows(db, 'SELECT status AS name, COUNT(*) AS n FROM trips GROUP BY status');
  return {
    vehicles: Object.fromEntries(vehicles.map((row) => [row['name'], Number(row['n'])])),
    trips: Object.fromEntries(trips.map((row) => [row['name'], Number(row['n'])])),
    banner: await setting(db, 'status_banner', ''),
  };
}
