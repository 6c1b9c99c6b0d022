-- The ID token by which a session was opened, sealed: the provider wants to see it again when its own session is to end (id_token_hint).
alter table bss.session add column id_token bytea check (octet_length(id_token) between 30 and 4200);
call sec.wall('bss.session', 'mutable');
grant delete on bss.session to bss_worker;

-- It is of no use to a session that has ended, however it ended.
create function bss.session_ends() returns trigger
language plpgsql
as $$
begin
  new.id_token := null;
  return new;
end
$$;
create trigger ends before update of revoked_at on bss.session for each row when (new.revoked_at is not null) execute function bss.session_ends();
