import type { Migration } from '../migration.js'

/**
 * Titles and first names as columns that are never null, so that a list goes on after any row of these sorts in one range of an index, and a walk
 * reads nothing but that index; of an index of an expression SQLite does neither.
 *
 * A missing first name stands under the last of all characters. Triggers see to both, so that no writer needs to know.
 */
export const sorts: Migration = {
  version: 9,
  name: '0009-sorts',
  script: `
update conversations set title = '' where title is null;
drop index conversations_by_title;
create index conversations_by_title on conversations
  (workspace, title, id, status, source, priority, waiting, created_at, customer, number, assignee);

drop trigger conversations_are_listed;
create trigger conversations_are_listed after insert on conversations begin
  insert into conversation_totals values (new.workspace, new.status, new.source, new.priority, new.waiting, 1)
    on conflict do update set count = count + 1;
  update conversations set waiting = new.unanswered_count > 0, title = coalesce(new.title, ''),
    number = coalesce((select max(number) from conversations where workspace = new.workspace), new.workspace << 32) + 1
    where id = new.id;
  insert into search_pending (workspace, number, text) select workspace, number, search_text from conversations where id = new.id;
end;
create trigger conversations_keep_titles after update of title on conversations when new.title is null begin
  update conversations set title = '' where id = new.id;
end;

alter table customers add column first_name_sorted text not null default '\u{10ffff}';
update customers set first_name_sorted = first_name where first_name is not null;
drop index customers_by_first_name;
create index customers_by_first_name on customers (workspace, first_name_sorted, id);
create trigger customers_are_named after insert on customers when new.first_name is not null begin
  update customers set first_name_sorted = new.first_name where id = new.id;
end;
create trigger customers_change_names after update of first_name on customers when new.first_name is not old.first_name begin
  update customers set first_name_sorted = coalesce(new.first_name, '\u{10ffff}') where id = new.id;
end;
`,
}
