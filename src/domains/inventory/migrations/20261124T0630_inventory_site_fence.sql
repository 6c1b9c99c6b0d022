-- Who works at some sites meets only these. A transfer is met by who works at both its ends; a move already by who works at one,
-- since it is part of that site's figures.
call sec.fence_by_site('bss.site', 'id');
call sec.fence_by_site('bss.zone', 'site_id');
call sec.fence_by_site('bss.location', 'site_id');
call sec.fence_by_site('bss.stock_balance', 'site_id');
call sec.fence_by_site('bss.stock_level', 'site_id');
call sec.fence_by_site('bss.reservation', 'site_id');
call sec.fence_by_site('bss.receipt', 'site_id');
call sec.fence_by_site('bss.receipt_line', 'site_id');
call sec.fence_by_site('bss.stock_adjustment', 'site_id');
call sec.fence_by_site('bss.transfer', 'from_site_id', 'to_site_id');
call sec.fence_by_parent('bss.transfer_line', 'bss.transfer', 'transfer_id');
call sec.fence_by_parent('bss.stock_move', 'bss.location', 'from_location_id', 'to_location_id');
