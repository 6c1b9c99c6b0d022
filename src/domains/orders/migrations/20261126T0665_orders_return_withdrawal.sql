-- A return that nothing has been sent for yet can be withdrawn by those who ask for returns; what it asked for may be asked for again.

alter table bss.sales_return drop constraint sales_return_status_check;
alter table bss.sales_return add constraint sales_return_status_check check (status in ('requested', 'approved', 'rejected', 'cancelled', 'awaiting_receipt', 'received', 'inspected', 'dispositioned', 'settled', 'closed'));

create or replace function bss.return_may_become(p_from text, p_to text) returns boolean
language sql immutable parallel safe
as $$
  select case p_from
    when 'requested' then p_to in ('approved', 'rejected', 'cancelled')
    when 'approved' then p_to in ('awaiting_receipt', 'cancelled')
    when 'awaiting_receipt' then p_to = 'received'
    when 'received' then p_to = 'inspected'
    when 'inspected' then p_to = 'dispositioned'
    when 'dispositioned' then p_to = 'settled'
    when 'settled' then p_to = 'closed'
    else false
  end
$$;

create function bss.cancel_return(p_organization uuid, p_return uuid, p_reason text) returns table (organization_id uuid)
language plpgsql
as $$
#variable_conflict use_column
declare
  v_status text;
begin
  -- Locks as everywhere: the orders, then the return.
  perform bss.lock_orders_of(p_organization, (select array_agg(x.order_line_id) from bss.sales_return_line x where x.organization_id = p_organization and x.return_id = p_return));
  select s.status into v_status from bss.sales_return s where s.organization_id = p_organization and s.id = p_return for no key update;
  if not found then
    perform sec.refuse('not_found', 'There is no such return.');
  end if;
  if not bss.return_may_become(v_status, 'cancelled') then
    perform sec.refuse('illegal_transition', format('A return that is %s cannot be cancelled.', replace(v_status, '_', ' ')));
  end if;
  perform bss.give_up_returned(p_organization, p_return);
  return query update bss.sales_return s set status = 'cancelled', decision_note = coalesce(p_reason, s.decision_note) where s.organization_id = p_organization and s.id = p_return returning s.organization_id;
end
$$;
revoke execute on function bss.cancel_return(uuid, uuid, text) from public;
grant execute on function bss.cancel_return(uuid, uuid, text) to bss_app, bss_worker;
