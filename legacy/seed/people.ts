import { createHash } from 'node:crypto';
import { createRandom } from '../traffic/random.ts';
import { type Cell, datetime, END_MS, type SeedSize, type SeedTable, START_MS, ZERO_DATE } from './size.ts';
import { FIRST_NAMES, LAST_NAMES, NOTES } from './words.ts';

/** Soft-deleted accounts, added after the last user so that every id from 1 to `users` can log in. */
const DELETED_USERS = 20;

/** User N is `userN@fleet.example` with password `pw-N`; the first ten run the place. */
export function peopleTables(size: SeedSize): SeedTable[] {
  return [usersTable(size), accountsTable(size), notificationsTable(size), feedbackTable(size)];
}

function usersTable(size: SeedSize): SeedTable {
  const columns = ['id', 'email', 'name', 'phone', 'salt', 'password_md5', 'role', 'locale', 'preferences'];
  return {
    name: 'users',
    columns: [...columns, 'newsletter', 'last_login_at', 'deleted', 'deleted_at', 'created_at'],
    rows: function* () {
      const random = createRandom(size.seed, 'users');
      for (let id = 1; id <= size.users + DELETED_USERS; id++) {
        const gone = id > size.users;
        const salt = random.hex(8);
        yield [
          id,
          `user${id}@fleet.example`,
          `${random.pick(FIRST_NAMES)} ${random.pick(LAST_NAMES)}`,
          random.chance(0.2) ? null : random.chance(0.2) ? '' : `+49 30 ${random.int(100_000, 999_999)}`,
          salt,
          createHash('md5').update(`${salt}pw-${id}`).digest('hex'),
          id <= 2 ? 'admin' : id <= 10 ? 'operator' : 'rider',
          random.pick(['en_GB', 'de_DE', 'fr_FR', 'pl_PL']),
          random.chance(0.3) ? '{"theme": "dark", "quiet": true}' : null,
          random.int(0, 1),
          random.chance(0.3) ? ZERO_DATE : datetime(random.int(START_MS, END_MS)),
          gone ? 1 : 0,
          gone ? datetime(END_MS - id * 1000) : ZERO_DATE,
          datetime(START_MS + id * 3000),
        ];
      }
    },
  };
}

function accountsTable(size: SeedSize): SeedTable {
  return {
    name: 'credit_accounts',
    columns: ['user_id', 'balance', 'currency', 'updated_at'],
    rows: function* () {
      const random = createRandom(size.seed, 'accounts');
      for (let id = 1; id <= size.users; id++)
        yield [id, `${random.int(0, 2000)}.${random.int(10, 99)}`, 'EUR', datetime(START_MS + id * 3000)];
    },
  };
}

function notificationsTable(size: SeedSize): SeedTable {
  return perUser('notifications', ['kind', 'title', 'body', 'is_read', 'created_at'], size, 3, (random) => [
    random.pick(['trip', 'billing', 'info', 'promo']),
    random.pick(['Your car is here 🚗', 'Invoice ready', 'New in your city', 'We moved “the app”']),
    random.chance(0.2) ? null : random.pick(NOTES),
    random.int(0, 1),
    datetime(END_MS - random.int(0, 200) * 86_400_000),
  ]);
}

function feedbackTable(size: SeedSize): SeedTable {
  return perUser('feedback', ['trip_id', 'rating', 'comment', 'status', 'created_at'], size, 1, (random) => [
    random.chance(0.2) ? null : random.int(1001, 1000 + size.trips),
    random.int(1, 5),
    random.chance(0.3) ? null : random.pick(NOTES),
    random.pick(['new', 'seen', 'closed']),
    datetime(random.int(START_MS, END_MS)),
  ]);
}

function perUser(
  name: string,
  columns: string[],
  size: SeedSize,
  each: number,
  cells: (random: ReturnType<typeof createRandom>) => Cell[],
): SeedTable {
  return {
    name,
    columns: ['id', 'user_id', ...columns],
    rows: function* () {
      const random = createRandom(size.seed, name);
      let id = 100;
      for (let i = 0; i < size.users * each; i++) {
        id += random.chance(0.02) ? random.int(2, 20) : 1;
        yield [id, 1 + (i % size.users), ...cells(random)];
      }
    },
  };
}
