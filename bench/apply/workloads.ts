/** One shape of load: the tables it writes and the statements of each transaction, the same in every run. */
export interface Workload {
  readonly name: string;
  readonly help: string;
  /** Run in the schema of the source and, as it is, in those of the targets. */
  readonly ddl: string;
  /** Primary key columns by table. */
  readonly keys: Readonly<Record<string, readonly string[]>>;
  /** One row per table with a number no other row has: whoever has it has everything before it. */
  readonly sentinel: (id: number) => readonly string[];
  /** How many of its changes a run drains, as a share of the headline workload's. */
  readonly share: number;
  /** Gives the row statements of one source transaction. */
  readonly transactions: () => () => readonly string[];
}

const orders = (extra = ''): string => `CREATE TABLE orders (
  id BIGINT NOT NULL PRIMARY KEY, customer INT NOT NULL, state VARCHAR(16) NOT NULL, amount DECIMAL(10,2) NOT NULL,
  note VARCHAR(120) NULL, changed_at DATETIME(3) NOT NULL, KEY by_customer (customer)${extra}
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4`;
const wideColumns = Array.from({ length: 58 }, (_, i) => i);

/** The first is the headline: half inserts, 40 % updates, 10 % deletes. */
export const workloads: readonly Workload[] = [
  {
    name: 'mix',
    help: '50 % insert, 40 % update, 10 % delete over all rows alive',
    keys: { orders: ['id'] },
    sentinel: (id) => [orderSentinel(id)],
    ddl: orders(),
    share: 1,
    transactions: () => inTransactionsOf(4, mixed(createRandom(1))),
  },
  {
    name: 'insert',
    help: 'inserts only',
    keys: { orders: ['id'] },
    sentinel: (id) => [orderSentinel(id)],
    ddl: orders(),
    share: 0.25,
    transactions: () => inTransactionsOf(4, inserts(createRandom(2))),
  },
  {
    name: 'hot',
    help: 'updates, most of them of few rows (Zipf)',
    keys: { orders: ['id'] },
    sentinel: (id) => [orderSentinel(id)],
    ddl: orders(),
    share: 0.25,
    transactions: () => inTransactionsOf(4, hot(createRandom(3))),
  },
  {
    name: 'three-tables',
    help: 'each transaction writes an order, three lines and a payment',
    keys: { orders: ['id'], order_lines: ['order_id', 'position'], payments: ['id'] },
    sentinel: (id) => [
      orderSentinel(id),
      `INSERT INTO order_lines VALUES (${id},0,0,0)`,
      `INSERT INTO payments VALUES (${id},0,0,'2026-01-01')`,
    ],
    ddl: `${orders()};
      CREATE TABLE order_lines (order_id BIGINT NOT NULL, position INT NOT NULL, qty INT NOT NULL, price DECIMAL(10,2) NOT NULL,
        PRIMARY KEY (order_id, position)) ENGINE=InnoDB;
      CREATE TABLE payments (id BIGINT NOT NULL PRIMARY KEY, order_id BIGINT NOT NULL, cents BIGINT NOT NULL,
        paid_at DATETIME(3) NOT NULL, KEY by_order (order_id)) ENGINE=InnoDB`,
    share: 0.25,
    transactions: () => threeTables(createRandom(4)),
  },
  {
    name: 'wide',
    help: 'half inserts, half updates of rows with 60 columns',
    keys: { wide: ['id'] },
    sentinel: (id) => [`INSERT INTO wide (id, touched) VALUES (${id},0)`],
    ddl: `CREATE TABLE wide (id BIGINT NOT NULL PRIMARY KEY, touched INT NOT NULL,
      ${wideColumns.map((i) => `c${i} ${['INT', 'VARCHAR(40)', 'DECIMAL(12,3)', 'DATETIME'][i % 4]} NULL`).join(', ')}
    ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4`,
    share: 0.1,
    transactions: () => inTransactionsOf(4, wide(createRandom(5))),
  },
  {
    name: 'unique',
    help: 'the mix on a table with a second unique key',
    keys: { orders: ['id'] },
    sentinel: (id) => [orderSentinel(id)],
    ddl: orders(', UNIQUE KEY one_note (note)'),
    share: 0.25,
    transactions: () => inTransactionsOf(4, mixed(createRandom(6))),
  },
];

function orderSentinel(id: number): string {
  return `INSERT INTO orders VALUES (${id},0,'sentinel',0,'sentinel ${id}','2026-01-01')`;
}

type NextStatement = () => string;

function inTransactionsOf(size: number, next: NextStatement): () => string[] {
  return () => Array.from({ length: size }, next);
}

function insertOrder(id: number, random: Random): string {
  return `INSERT INTO orders VALUES (${id},${below(random, 10_000)},'requested',${money(random)},'order ${id} of ${below(random, 1e6)}, please ring the bell','2026-01-02 03:04:05.678')`;
}

function updateOrder(id: number, random: Random): string {
  return `UPDATE orders SET state='en_route', amount=${money(random)}, changed_at='2026-01-02 03:0${below(random, 10)}:05.678' WHERE id=${id}`;
}

function mixed(random: Random): NextStatement {
  const alive: number[] = [];
  let id = 0;
  return () => {
    const kind = alive.length < 10 ? 0 : random();
    if (kind < 0.5) {
      alive.push(++id);
      return insertOrder(id, random);
    }
    const at = below(random, alive.length);
    const chosen = alive[at] as number;
    if (kind < 0.9) return updateOrder(chosen, random);
    alive[at] = alive.at(-1) as number;
    alive.pop();
    return `DELETE FROM orders WHERE id=${chosen}`;
  };
}

function inserts(random: Random): NextStatement {
  let id = 0;
  return () => insertOrder(++id, random);
}

function hot(random: Random): NextStatement {
  let id = 0;
  return () => (id < 1000 ? insertOrder(++id, random) : updateOrder(1 + Math.floor(1000 ** random()) - 1 || 1, random));
}

function threeTables(random: Random): () => string[] {
  let id = 0;
  return () => {
    id += 1;
    const lines = [1, 2, 3].map((at) => `INSERT INTO order_lines VALUES (${id},${at},${at},${money(random)})`);
    const payment = `INSERT INTO payments VALUES (${id},${id},${below(random, 1e6)},'2026-01-02 03:04:05.678')`;
    return [insertOrder(id, random), ...lines, payment];
  };
}

function wide(random: Random): NextStatement {
  let id = 0;
  return () => {
    if (id > 100 && random() < 0.5)
      return `UPDATE wide SET touched=touched+1, c1='changed ${below(random, 1e6)}' WHERE id=${1 + below(random, id)}`;
    const values = wideColumns.map((i) => [i, `'text of column ${i}'`, '12345.678', "'2026-01-02 03:04:05'"][i % 4]);
    return `INSERT INTO wide VALUES (${++id},0,${values.join(',')})`;
  };
}

type Random = () => number;

function below(random: Random, limit: number): number {
  return Math.floor(random() * limit);
}

function money(random: Random): string {
  return (random() * 100).toFixed(2);
}

function createRandom(seed: number): Random {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7f_ff_ff_ff;
    return state / 0x7f_ff_ff_ff;
  };
}
