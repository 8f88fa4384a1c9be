import { defineMapping, type MapRow } from '../mapping.ts';
import type { Value } from '../change-event.ts';

/** A small unit with everything that makes mappings hard: a split table, a soft delete, money, an unmapped column. */
export const sourceTables = ['orders', 'lines'] as const;
export const targetTables = ['purchase', 'price', 'item'] as const;

export const sourceDdl = `
  CREATE DATABASE shop; USE shop;
  CREATE TABLE orders (
    id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    code VARCHAR(40) NOT NULL,
    amount DECIMAL(10,2) NOT NULL DEFAULT 0.00,
    note TEXT NULL,
    deleted TINYINT(1) NOT NULL DEFAULT 0,
    legacy_flags INT NOT NULL DEFAULT 7,
    updated_at DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3) ON UPDATE CURRENT_TIMESTAMP(3)
  ) ENGINE=InnoDB;
  CREATE TABLE \`lines\` (
    order_id BIGINT UNSIGNED NOT NULL, position INT NOT NULL, qty INT NOT NULL,
    PRIMARY KEY (order_id, position)
  ) ENGINE=InnoDB;
  CREATE TABLE unrelated (id INT NOT NULL PRIMARY KEY, x INT) ENGINE=InnoDB;`;

export const targetDdl = `
  CREATE DATABASE store; USE store;
  CREATE TABLE purchase (
    id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    code VARCHAR(40) NOT NULL, note TEXT NULL, state VARCHAR(10) NOT NULL, updated_at DATETIME(3) NOT NULL
  ) ENGINE=InnoDB;
  CREATE TABLE price (purchase_id BIGINT UNSIGNED NOT NULL PRIMARY KEY, cents BIGINT NOT NULL) ENGINE=InnoDB;
  CREATE TABLE item (
    order_id BIGINT UNSIGNED NOT NULL, position INT NOT NULL, quantity INT NOT NULL,
    PRIMARY KEY (order_id, position)
  ) ENGINE=InnoDB;`;

const line: MapRow = ({ order_id = null, position = null, qty = null }) => [
  { table: 'item', key: { order_id, position }, columns: { quantity: qty } },
];

export const shopMapping = defineMapping({
  version: 1,
  forward: {
    orders: ({ id = null, code = null, amount = null, note = null, deleted = null, updated_at = null }) => [
      {
        table: 'purchase',
        key: { id },
        columns: { code, note, state: deleted === 1 ? 'removed' : 'open', updated_at },
      },
      { table: 'price', key: { purchase_id: id }, columns: { cents: cents(amount) } },
    ],
    lines: line,
  },
  inverse: {
    purchase: ({ id = null, code = null, note = null, state = null, updated_at = null }) => [
      { table: 'orders', key: { id }, columns: { code, note, deleted: state === 'removed' ? 1 : 0, updated_at } },
    ],
    price: ({ purchase_id = null, cents: amount = null }) => [
      {
        table: 'orders',
        key: { id: purchase_id },
        columns: { amount: decimal(amount) },
        part: { unset: { amount: '0.00' } },
      },
    ],
    item: ({ order_id = null, position = null, quantity = null }) => [
      { table: 'lines', key: { order_id, position }, columns: { qty: quantity } },
    ],
  },
});

function cents(amount: Value): string {
  return BigInt(String(amount).replace('.', '')).toString();
}

function decimal(amount: Value): string {
  const digits = String(amount).padStart(3, '0');
  return `${digits.slice(0, -2)}.${digits.slice(-2)}`;
}
