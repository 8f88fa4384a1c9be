import type { Row, Value } from '../change-event.ts';
import { defineMapping } from '../mapping.ts';

/** One unit in which every word of a mapping is said once: split, join, rename, filter, type change, look-up. */
export const wordSourceTables = ['customer', 'booking'] as const;
export const wordTargetTables = ['account', 'address', 'stay', 'landed_guest', 'landed_booking', 'stay_card'] as const;

export const wordSourceDdl = `
  CREATE TABLE shop.customer (
    id INT UNSIGNED NOT NULL PRIMARY KEY,
    login VARCHAR(40) NOT NULL,
    street VARCHAR(60) NULL,
    city VARCHAR(40) NULL,
    active TINYINT(1) NOT NULL DEFAULT 1
  ) ENGINE=InnoDB;
  CREATE TABLE shop.booking (
    id INT UNSIGNED NOT NULL PRIMARY KEY,
    customer_id INT UNSIGNED NULL,
    price DECIMAL(10,2) NOT NULL,
    room ENUM('S','D','F') NOT NULL,
    arrives DATE NOT NULL
  ) ENGINE=InnoDB`;

export const wordTargetDdl = `
  CREATE TABLE store.account (id BIGINT UNSIGNED NOT NULL PRIMARY KEY, email VARCHAR(40) NOT NULL) ENGINE=InnoDB;
  CREATE TABLE store.address (
    account_id BIGINT UNSIGNED NOT NULL PRIMARY KEY, street VARCHAR(60) NULL, city VARCHAR(40) NULL
  ) ENGINE=InnoDB;
  CREATE TABLE store.stay (
    id VARCHAR(20) NOT NULL PRIMARY KEY, cents BIGINT NOT NULL, room VARCHAR(10) NOT NULL, arrives DATETIME NOT NULL
  ) ENGINE=InnoDB;
  CREATE TABLE store.landed_guest (id INT UNSIGNED NOT NULL PRIMARY KEY, login VARCHAR(40) NOT NULL) ENGINE=InnoDB;
  CREATE TABLE store.landed_booking (
    id INT UNSIGNED NOT NULL PRIMARY KEY, customer_id INT UNSIGNED NULL, price DECIMAL(10,2) NOT NULL, KEY (customer_id)
  ) ENGINE=InnoDB;
  CREATE TABLE store.stay_card (
    booking_id INT UNSIGNED NOT NULL PRIMARY KEY, guest VARCHAR(40) NULL, price DECIMAL(10,2) NOT NULL
  ) ENGINE=InnoDB`;

const rooms: Readonly<Record<string, string>> = { S: 'single', D: 'double', F: 'family' };
const letters = Object.fromEntries(Object.entries(rooms).map(([letter, name]) => [name, letter]));

export const wordMapping = defineMapping({
  version: 1,
  forward: {
    customer: ({ id = null, login = null, street = null, city = null, active = null }) => {
      const landed = { table: 'landed_guest', key: { id }, columns: { login } };
      // Filter: who is not active has no account; bookings still show their name.
      if (active !== 1) return [landed];
      // Split into two tables, with a rename.
      return [
        landed,
        { table: 'account', key: { id }, columns: { email: login } },
        { table: 'address', key: { account_id: id }, columns: { street, city } },
      ];
    },
    booking: ({ id = null, customer_id = null, price = null, room = null, arrives = null }) => [
      { table: 'landed_booking', key: { id }, columns: { customer_id, price } },
      {
        table: 'stay',
        // Type changes: a number becomes text, a decimal cents, a date a time. A look-up: a letter becomes a name.
        key: { id: `S-${Number(id)}` },
        columns: { cents: cents(price), room: rooms[String(room)] ?? null, arrives: `${String(arrives)} 00:00:00` },
      },
    ],
  },
  inverse: {
    account: ({ id = null, email = null }) => [
      { table: 'customer', key: { id }, columns: { login: email, active: 1 } },
    ],
    address: ({ account_id = null, street = null, city = null }) => [
      {
        table: 'customer',
        key: { id: account_id },
        columns: { street, city },
        part: { unset: { street: null, city: null } },
      },
    ],
    stay: ({ id = null, cents: amount = null, room = null, arrives = null }: Row) => [
      {
        table: 'booking',
        key: { id: Number(String(id).slice(2)) },
        columns: {
          price: decimal(amount),
          room: letters[String(room)] ?? null,
          arrives: String(arrives).slice(0, 10),
        },
      },
    ],
  },
  lossy: { booking: { customer_id: 'a stay does not know its guest; legacy keeps who booked' } },
  derived: {
    stay_card: {
      key: ['booking_id'],
      select: `SELECT b.id AS booking_id, g.login AS guest, b.price
               FROM landed_booking b LEFT JOIN landed_guest g ON g.id = b.customer_id`,
      affected: {
        landed_booking: ['id'],
        landed_guest: 'SELECT b.id FROM landed_booking b JOIN changed ON b.customer_id = changed.id',
      },
    },
  },
});

function cents(amount: Value): string {
  return BigInt(String(amount).replace('.', '')).toString();
}

function decimal(amount: Value): string {
  const digits = String(amount).padStart(3, '0');
  return `${digits.slice(0, -2)}.${digits.slice(-2)}`;
}
