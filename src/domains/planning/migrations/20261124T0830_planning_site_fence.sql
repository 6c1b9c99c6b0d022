-- Figures are those of the sites the reader works at.
call sec.fence_by_site('bss.figure_day', 'site_id');
call sec.fence_by_site('bss.figure_change', 'site_id');
call sec.fence_by_parent('bss.line_milestone', 'bss.sales_order_line', 'line_id');
