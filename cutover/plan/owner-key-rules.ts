import type { Problem } from '../../shared/index.ts';
import type { KeyPlaces } from './owner-key.ts';
import type { Plan } from './plan.ts';

type Api = Plan['apis'][number];

const WHOLE = 'take ownerKey out: the unit then moves as a whole';

/**
 * Single subjects can move only where each row belongs to one of them and each write stays within one owner's rows.
 * Anything else would be refused by one database or the other in the middle of a request, so the plan is refused instead.
 */
export function checkOwnerKey(file: string, plan: Plan): Problem[] {
  const { ownerKey, dataOwnership, apis } = plan;
  const writes = apis.filter(({ access }) => access === 'write');
  if (!ownerKey) return apis.filter(({ rowsOf }) => rowsOf !== undefined).map((api) => idle(file, api, 'no ownerKey'));
  return [
    ...checkSide(`${file}: ownerKey.legacy`, ownerKey.legacy, dataOwnership.legacy.tables),
    ...checkSide(`${file}: ownerKey.service`, ownerKey.service, dataOwnership.service.tables),
    ...apis.filter((api) => api.access === 'read' && api.rowsOf).map((api) => idle(file, api, 'a read')),
    ...writes.filter((api) => api.rowsOf !== 'subject').map((api) => mixed(file, api)),
  ];
}

function checkSide(subject: string, places: KeyPlaces, tables: readonly string[]): Problem[] {
  const unowned = tables.filter((table) => !Object.hasOwn(places, table));
  const foreign = Object.keys(places).filter((table) => !tables.includes(table));
  return [
    ...unowned.map((table) => ({
      subject: `${subject}.${table}`,
      value: 'not there: nobody owns its rows',
      expected: 'where the owner key of each table of the side stands',
      fix: `name its column; where its rows have no single owner, ${WHOLE}`,
    })),
    ...foreign.map((table) => ({
      subject: `${subject}.${table}`,
      value: 'no table of the side',
      expected: 'tables named under dataOwnership',
      fix: 'correct the name, or take it out',
    })),
    ...Object.keys(places).flatMap((table) => checkReference(subject, table, places)),
  ];
}

/** One step at most: a trigger that walks along rows would lock all of them. */
function checkReference(subject: string, table: string, places: KeyPlaces): Problem[] {
  const { of } = places[table] ?? {};
  const parent = of?.split('.')[0];
  if (of === undefined || parent === undefined) return [];
  const place = places[parent];
  if (place && place.of === undefined && parent !== table) return [];
  return [
    {
      subject: `${subject}.${table}`,
      value: `of ${of}`,
      expected: 'a table of the same side that has the owner key in its own rows',
      fix: 'name that table',
    },
  ];
}

function mixed(file: string, { method, path, rowsOf }: Api): Problem {
  const values = { several: 'rows of several owners', nobody: 'rows that nobody owns', subject: '' };
  return {
    subject: `${file}: ${method} ${path}`,
    value: rowsOf ? `writes ${values[rowsOf]}` : 'does not say whose rows it writes',
    expected: 'rowsOf: subject at every write, because the plan has an ownerKey',
    fix: rowsOf ? WHOLE : `add rowsOf: subject if it writes the rows of who asks only, else ${WHOLE}`,
  };
}

function idle(file: string, { method, path }: Api, where: string): Problem {
  return {
    subject: `${file}: ${method} ${path}`,
    value: `rowsOf with ${where}`,
    expected: 'rowsOf at writes of a plan with an ownerKey only',
    fix: 'leave rowsOf out',
  };
}
