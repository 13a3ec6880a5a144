import type { Migration } from '../migration.js'

/** What a walk over a sort reads beside its key, so that filters cost no look-up in the table. */
const filtered = 'status, source, priority, waiting, created_at, customer, number, assignee'

/**
 * Lists that don't scan: indexes in the order of each sort, counters by what is filtered, and an index of three-letter pieces for the search.
 *
 * Triggers keep all of it in the transaction of the change, so that no writer needs to know.
 *
 * The search index holds, for each conversation, the pieces of all its texts ever; it only finds candidates, which are then compared with the
 * live rows. That is why nothing is ever taken out of it. Its row number is the workspace times 2^32 plus a number in the workspace (there
 * may be 2^31 workspaces), so that a search reads one range and nobody else's rows.
 */
export const lists: Migration = {
  version: 2,
  name: '0002-lists',
  script: `
alter table conversations add column number integer;
-- Whether unanswered_count is above 0; a column, so that an index changes only when it flips.
alter table conversations add column waiting integer not null default 0 check (waiting in (0, 1));
update conversations set waiting = 1 where unanswered_count > 0;
update conversations set number = (conversations.workspace << 32) + numbered.place
  from (select id, row_number() over (partition by workspace order by created_at, id) as place from conversations) as numbered
  where numbered.id = conversations.id;

drop index conversations_by_updated;
drop index conversations_by_created;
create unique index conversations_by_number on conversations (workspace, number);
create index conversations_by_updated on conversations (workspace, updated_at, id, ${filtered});
create index conversations_by_created on conversations (workspace, created_at, id, ${filtered.replace('created_at, ', '')});
create index conversations_by_title on conversations (workspace, coalesce(title, ''), id, ${filtered});
create index conversations_by_status on conversations (workspace, status, id, ${filtered.replace('status, ', '')});
create index conversations_by_priority on conversations (workspace, priority, id, ${filtered.replace('priority, ', '')});
create index conversations_waiting on conversations (workspace, customer) where waiting = 1;
create index customers_by_first_name on customers (workspace, first_name, id);

create table conversation_totals (
  workspace integer not null,
  status text not null,
  source text not null,
  priority integer not null,
  waiting integer not null,
  count integer not null,
  primary key (workspace, status, source, priority, waiting)
) strict, without rowid;
insert into conversation_totals
  select workspace, status, source, priority, waiting, count(*) from conversations group by workspace, status, source, priority, waiting;
create table customer_totals (
  workspace integer not null,
  source text not null,
  count integer not null,
  primary key (workspace, source)
) strict, without rowid;
insert into customer_totals select workspace, source, count(*) from customers group by workspace, source;

create virtual table conversation_search using fts5 (text, content = '', columnsize = 0, detail = none, tokenize = 'trigram case_sensitive 1');
create virtual table customer_search using fts5 (text, content = '', columnsize = 0, detail = none, tokenize = 'trigram case_sensitive 1');
insert into conversation_search (rowid, text)
  select c.number, c.search_text || char(10) || coalesce((select group_concat(m.search_text, char(10)) from messages m where m.conversation = c.id), '')
  from conversations c order by c.number;
insert into customer_search (rowid, text) select (workspace << 32) + id, search_text from customers order by workspace, id;

-- Texts that are not in the index yet: 256 at a time cost it far less than one.
create table search_pending (
  id integer primary key,
  workspace integer not null,
  number integer not null,
  text text not null
) strict;
create index search_pending_by_workspace on search_pending (workspace, number, text);
create trigger search_pending_is_full after insert on search_pending when new.id >= 256 begin
  insert into conversation_search (rowid, text)
    select number, group_concat(text, char(10)) from search_pending where true group by number order by number;
  delete from search_pending;
end;

create trigger conversations_are_listed after insert on conversations begin
  insert into conversation_totals values (new.workspace, new.status, new.source, new.priority, new.waiting, 1)
    on conflict do update set count = count + 1;
  update conversations set waiting = new.unanswered_count > 0,
    number = coalesce((select max(number) from conversations where workspace = new.workspace), new.workspace << 32) + 1
    where id = new.id;
  insert into search_pending (workspace, number, text) select workspace, number, search_text from conversations where id = new.id;
end;
create trigger conversations_are_unlisted after delete on conversations begin
  update conversation_totals set count = count - 1 where workspace = old.workspace and status = old.status and source = old.source
    and priority = old.priority and waiting = old.waiting;
  delete from conversation_totals where workspace = old.workspace and count = 0;
end;
create trigger conversations_wait after update of unanswered_count on conversations
when (old.unanswered_count > 0) <> (new.unanswered_count > 0) begin
  update conversations set waiting = new.unanswered_count > 0 where id = new.id;
end;
create trigger conversations_move after update of status, source, priority, waiting on conversations
when old.status <> new.status or old.source <> new.source or old.priority <> new.priority or old.waiting <> new.waiting begin
  update conversation_totals set count = count - 1 where workspace = old.workspace and status = old.status and source = old.source
    and priority = old.priority and waiting = old.waiting;
  delete from conversation_totals where workspace = old.workspace and count = 0;
  insert into conversation_totals values (new.workspace, new.status, new.source, new.priority, new.waiting, 1)
    on conflict do update set count = count + 1;
end;
create trigger conversations_are_renamed after update of search_text on conversations when old.search_text <> new.search_text begin
  insert into search_pending (workspace, number, text) values (new.workspace, new.number, new.search_text);
end;

create trigger messages_are_searched after insert on messages begin
  insert into search_pending (workspace, number, text) select workspace, number, new.search_text from conversations where id = new.conversation;
end;
create trigger messages_are_rewritten after update of search_text on messages when old.search_text <> new.search_text begin
  insert into search_pending (workspace, number, text) select workspace, number, new.search_text from conversations where id = new.conversation;
end;

create trigger customers_are_listed after insert on customers begin
  insert into customer_totals values (new.workspace, new.source, 1) on conflict do update set count = count + 1;
  insert into customer_search (rowid, text) values ((new.workspace << 32) + new.id, new.search_text);
end;
create trigger customers_are_unlisted after delete on customers begin
  update customer_totals set count = count - 1 where workspace = old.workspace and source = old.source;
end;
create trigger customers_move after update of source on customers when old.source <> new.source begin
  update customer_totals set count = count - 1 where workspace = old.workspace and source = old.source;
  insert into customer_totals values (new.workspace, new.source, 1) on conflict do update set count = count + 1;
end;
create trigger customers_are_renamed after update of search_text on customers when old.search_text <> new.search_text begin
  insert into customer_search (rowid, text) values ((new.workspace << 32) + new.id, new.search_text);
end;
`,
}
