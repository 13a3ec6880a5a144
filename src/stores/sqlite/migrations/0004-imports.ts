import type { Migration } from '../migration.js'

/** How far an import from an old service has come, and which rows became which. */
export const imports: Migration = {
  version: 4,
  name: '0004-imports',
  script: `
create table imports (
  id integer primary key check (id = 1),
  identity text not null,
  place text check (json_valid(place)),
  rows integer not null default 0 check (rows >= 0),
  finished integer not null default 0 check (finished in (0, 1))
) strict;

create table imported_workspaces (
  workspace integer primary key references workspaces (id) on delete cascade
) strict;

-- The same old customer is another one in each workspace.
create table imported_customers (
  workspace integer not null references imported_workspaces (workspace) on delete cascade,
  old_id integer not null,
  customer integer not null,
  primary key (workspace, old_id),
  foreign key (workspace, customer) references customers (workspace, id) on delete cascade
) strict, without rowid;
create index imported_customers_by_customer on imported_customers (workspace, customer);
`,
}
