-- An order belongs to the site it is shipped from, and all of it is met by who works there.
call sec.fence_by_site('bss.sales_order', 'site_id');
call sec.fence_by_parent('bss.sales_order_line', 'bss.sales_order', 'order_id');
call sec.fence_by_parent('bss.order_money', 'bss.sales_order', 'id');
call sec.fence_by_parent('bss.order_line_money', 'bss.sales_order_line', 'id');
call sec.fence_by_parent('bss.order_hold', 'bss.sales_order', 'order_id');
call sec.fence_by_parent('bss.sales_order_event', 'bss.sales_order', 'order_id');
