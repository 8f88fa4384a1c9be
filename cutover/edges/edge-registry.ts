import type { Pool, RowDataPacket } from '../../shared/index.ts';
import { ControlDatabase } from '../control/control-database.ts';
import type { Term } from '../leader/term-fence.ts';

export interface RegisteredEdge {
  readonly name: string;
  readonly incarnation: string;
  /** `host:port` of its admin listener, or empty. */
  readonly address: string;
}

/** The edges that may be carrying requests, in the control database: a control process that starts must wait for them. */
export class EdgeRegistry {
  readonly #database: ControlDatabase;

  constructor(pool: Pool, term?: Term) {
    this.#database = new ControlDatabase(pool, term);
  }

  async load(): Promise<RegisteredEdge[]> {
    const rows = await this.#database.query<RowDataPacket[]>('SELECT * FROM banyan.edge');
    return rows.map((row) => ({
      name: String(row['name']),
      incarnation: String(row['incarnation']),
      address: String(row['address']),
    }));
  }

  async add({ name, incarnation, address }: RegisteredEdge): Promise<void> {
    const sql = `REPLACE INTO banyan.edge (name, incarnation, address, registered_at)
                 VALUES (?, ?, ?, UTC_TIMESTAMP(3))`;
    await this.#database.change(sql, [name, incarnation, address]);
  }

  /** Of this incarnation only: a later one of the same name stays. */
  async remove(name: string, incarnation: string): Promise<void> {
    const sql = 'DELETE FROM banyan.edge WHERE name = ? AND incarnation = ?';
    await this.#database.change(sql, [name, incarnation]);
  }
}
