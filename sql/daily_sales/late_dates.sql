-- name: late_dates(day, tz)
-- One row per other date that is over by now and got orders since it was last computed, if it ever was;
-- ascending.
SELECT
    touched.sales_date,
    exists(
        SELECT 1
        FROM daily_sales AS computed
        WHERE computed.sales_date = touched.sales_date
    ) AS is_computed
FROM (SELECT DISTINCT sales_date FROM touched_sales_date) AS touched
WHERE touched.sales_date <> :day AND touched.sales_date < (now() AT TIME ZONE :tz)::date
ORDER BY touched.sales_date;
