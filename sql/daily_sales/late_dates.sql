-- name: late_dates(day, tz)
-- One row per other date that got orders since it was last computed and is over by now, ascending.
SELECT DISTINCT sales_date
FROM touched_sales_date
WHERE sales_date <> :day AND sales_date < (now() AT TIME ZONE :tz)::date
ORDER BY sales_date;
