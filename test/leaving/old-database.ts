import pg from 'pg'

const server = process.env['SALLYPORT_TEST_POSTGRES_URL'] ?? 'postgres://postgres@127.0.0.1:5432/test'

const schema = `
create table accounts_user (id serial primary key, email varchar(254) not null unique, username varchar(150) not null unique, first_name varchar(150),
  last_name varchar(150), is_active boolean not null, password varchar(128) not null default '!', created_at timestamptz not null);
create table message_tag (id serial primary key, name varchar(100) not null, created_by_id integer references accounts_user, created_at timestamptz);
create table message_customer (id serial primary key, first_name varchar(100), last_name varchar(100), username varchar(100), phone_number varchar(100),
  email varchar(250), description varchar(1000), profile_picture varchar(100), source varchar(20) not null, source_id varchar(90) unique, data jsonb,
  created_at timestamptz not null, updated_at timestamptz not null);
create table message_customer_tag (id serial primary key, customer_id integer not null references message_customer, tag_id integer not null references message_tag);
create table message_conversation (id varchar(10) primary key, user_id integer references accounts_user, customer_id integer not null references message_customer,
  title varchar(100) not null, status varchar(20) not null, is_active boolean not null, source varchar(20) not null, priority smallint not null,
  created_at timestamptz not null, updated_at timestamptz not null);
create table message_message (id varchar(10) primary key, conversation_id varchar(10) not null references message_conversation,
  customer_id integer references message_customer, type varchar(20) not null, content text not null, is_ai_response boolean not null, is_answered boolean not null,
  message_type varchar(10) not null, media_file varchar(200), media_url varchar(500), transcription text, processing_status varchar(20) not null,
  feedback varchar(10) not null, feedback_comment varchar(500) not null, feedback_at timestamptz, created_at timestamptz not null);
create index on message_conversation (user_id);
create index on message_message (conversation_id);

insert into accounts_user (id, email, username, first_name, last_name, is_active, created_at) values
  (1, 'sara@old.example', 'sara', 'سارا', 'احمدی', true, '2024-01-02 03:04:05.678901+00'),
  (2, 'omar@old.example', 'omar', null, null, true, '2024-02-02 03:04:05+00'),
  (7, 'nobody@old.example', 'nobody', '', '', false, '1969-12-31 23:59:59.5+00'),
  (12, 'last@old.example', 'last', 'L', 'L', true, '2025-01-01+00');
insert into message_tag (id, name, created_by_id, created_at) values
  (1, 'وفادار', 1, '2024-03-01 00:00:00.000001+00'), (2, 'Telegram', null, null), (3, 'late', 2, '2024-03-02+00'), (4, 'late', 1, '2024-03-01+00'),
  (5, 'never used', 12, '2024-03-03+00');
insert into message_customer (id, first_name, last_name, username, phone_number, email, description, profile_picture, source, source_id, data, created_at, updated_at)
  select n, case when n % 5 = 0 then null else 'مشتری ' || n end, case when n % 3 = 0 then '' else 'Doe' end, 'user' || n, null, null, E'two\\nlines 🧵',
    'customer_img/default.png', case when n % 4 = 0 then 'telegram' else 'unknown' end, case when n % 6 = 0 then null else 's-' || n end,
    case when n % 2 = 0 then null else jsonb_build_object('سن', n, 'deep', jsonb_build_array(1.5, null, 'x')) end,
    timestamptz '2024-04-01 00:00:00.123456+00' + n * interval '1 hour', timestamptz '2024-05-01 00:00:00.000009+00' + n * interval '1 hour'
  from generate_series(1, 60) n;
insert into message_customer_tag (customer_id, tag_id) select n, 1 + n % 4 from generate_series(1, 60) n;
insert into message_customer_tag (customer_id, tag_id) values (1, 4), (1, 3);
insert into message_conversation (id, user_id, customer_id, title, status, is_active, source, priority, created_at, updated_at)
  select 'c' || lpad(n::text, 5, '0'), case when n % 3 = 0 then 2 when n = 121 then 12 else 1 end, 1 + n % 60, 'unknown - ' || n,
    (array['active', 'support_active', 'marketing_active', 'closed'])[1 + n % 4], n % 7 <> 0, case when n % 4 = 0 then 'telegram' else 'unknown' end, n % 3,
    timestamptz '2024-06-01+00' + n * interval '1 minute', timestamptz '2024-07-01 00:00:00.5+00' + n * interval '1 second'
  from generate_series(1, 121) n;
-- Customer 1 writes to both users. Ids fall while times rise, and three messages of a conversation have the same time.
insert into message_conversation select 'share' || u, u, 1, '', 'active', true, 'unknown', 0, '2024-06-01+00', '2024-06-01+00' from generate_series(1, 2) u;
insert into message_message
  select 'm' || lpad((9000 - n)::text, 5, '0'), c.id, c.customer_id, (array['customer', 'customer', 'AI', 'support', 'marketing'])[1 + n % 5],
    case when n % 11 = 0 then '' when n % 2 = 0 then 'سلام، سفارش ' || n || ' کجاست؟ 🧵' else E'hello\\t' || n end, n % 5 = 2, n % 4 = 0,
    case when n % 13 = 0 then 'voice' else 'text' end, case when n % 13 = 0 then 'voices/' || n || '.ogg' else '' end,
    case when n % 17 = 0 then 'https://media.old.example/' || n end, case when n % 13 = 0 then 'متن' end, 'completed',
    case when n % 5 = 2 and n % 3 = 0 then 'positive' else 'none' end, case when n % 5 = 2 and n % 3 = 0 then 'خوب' else '' end,
    case when n % 5 = 2 and n % 3 = 0 then timestamptz '2024-08-09 10:11:12.131415+00' end,
    timestamptz '2024-08-01 00:00:00.000007+00' + (n / 369) * interval '1 second'
  from generate_series(1, 4000) n
  join lateral (select id, customer_id, row_number() over (order by id) as place from message_conversation) c on c.place = 1 + n % 123;
`

export interface OldDatabase {
  readonly url: string
  readonly client: pg.Client
  drop(): Promise<void>
}

const connected = async (connectionString: string): Promise<pg.Client> => {
  const client = new pg.Client({ connectionString, connectionTimeoutMillis: 5_000 })
  await client.connect()
  return client
}

/** An old service's database of 4 users, 60 customers (one of two users), 123 conversations and 4000 messages; `undefined` when no PostgreSQL answers. */
export const createOldDatabase = async (name: string, encoding: 'UTF8' | 'SQL_ASCII' = 'UTF8'): Promise<OldDatabase | undefined> => {
  const admin = await connected(server).catch(() => undefined)
  if (admin === undefined) return undefined
  await admin.query(`create database ${name} template template0 encoding '${encoding}'${encoding === 'SQL_ASCII' ? ` lc_collate 'C' lc_ctype 'C'` : ''}`)
  const url = new URL(server)
  url.pathname = `/${name}`
  const client = await connected(url.href)
  await client.query(schema)
  return {
    url: url.href,
    client,
    drop: async () => {
      await client.end()
      await admin.query(`drop database ${name} with (force)`)
      await admin.end()
    },
  }
}
