-- name: sales_totals(start_date, end_date)
-- One row per month of the computed dates of the period, the newest first, before them one of all (no month).
SELECT
    month,
    count(*) AS days,
    sum(orders) AS orders,
    sum(quantity) AS quantity,
    sum(gross) AS gross,
    sum(cancelled) AS cancelled,
    sum(net) AS net
FROM (
    SELECT
        date_trunc('month', sales_date::timestamp)::date AS month,
        orders,
        quantity,
        gross,
        cancelled,
        net
    FROM web.daily_sales
    WHERE sales_date BETWEEN :start_date::date AND :end_date::date
) AS dated
GROUP BY GROUPING SETS ((month), ())
ORDER BY month DESC NULLS FIRST;
