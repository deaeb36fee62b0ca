-- Lists are ordered by id, so the primary key serves them. The index cost every create more than all that was added since.
drop index concurrently if exists todo_list_idx;
