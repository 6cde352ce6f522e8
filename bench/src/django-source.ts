/**
 * Makes an SQLite file as a large Django installation would leave it: `node bench/src/django-source.ts FILE [USERS]` (a million
 * unless said), to measure `diapason import django` with. One in ten addresses is verified by allauth; hashes are of the right
 * form and of nobody's password, since making a million takes a day.
 */
import Database from 'better-sqlite3';

const [file, count = '1000000'] = process.argv.slice(2);
if (file === undefined) throw new Error('usage: node bench/src/django-source.ts FILE [USERS]');
const users = Number(count);
const db = new Database(file);
db.pragma('journal_mode = OFF');
db.exec(`
  create table auth_user (id integer primary key, password varchar(128) not null, last_login datetime,
    is_superuser bool not null, username varchar(150) not null unique, first_name varchar(150) not null,
    last_name varchar(150) not null, email varchar(254) not null, is_staff bool not null, is_active bool not null,
    date_joined datetime not null);
  create table auth_group (id integer primary key, name varchar(150) not null unique);
  create table auth_user_groups (id integer primary key, user_id integer not null, group_id integer not null);
  create table account_emailaddress (id integer primary key, email varchar(254) not null, verified bool not null,
    "primary" bool not null, user_id integer not null);
  insert into auth_group values (1, 'members');
`);
const user = db.prepare('insert into auth_user values (?, ?, ?, 0, ?, ?, ?, ?, 0, 1, ?)');
const member = db.prepare('insert into auth_user_groups (user_id, group_id) values (?, 1)');
const address = db.prepare(
  'insert into account_emailaddress (email, verified, "primary", user_id) values (?, ?, 1, ?)',
);
db.transaction(() => {
  for (let id = 1; id <= users; id += 1) {
    const email = `person.${id}@example.org`;
    const hash = `pbkdf2_sha256$260000$salt${id}$${Buffer.alloc(32, id % 251).toString('base64')}`;
    user.run(id, hash, '2026-01-02 03:04:05', `person.${id}`, 'Given', `Family-${id}`, email, '2019-03-14 15:09:26.5');
    if (id % 4 === 0) member.run(id);
    address.run(email, id % 10 === 0 ? 1 : 0, id);
  }
})();
db.close();
