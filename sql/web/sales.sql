-- name: sales(start_date, end_date, most)
-- One row per computed sales date of the period, the newest first; in yen. What is null has no bound.
SELECT
    total.sales_date,
    total.orders,
    total.customers,
    total.quantity,
    total.gross,
    total.cancelled,
    total.net,
    trend.mean_7_days,
    trend.month_to_date,
    trend.change_to_day_before,
    trend.change_to_week_before
FROM web.daily_sales AS total
INNER JOIN web.daily_sales_trend AS trend ON total.sales_date = trend.sales_date
WHERE
    (:start_date::date IS NULL OR total.sales_date >= :start_date::date)
    AND (:end_date::date IS NULL OR total.sales_date <= :end_date::date)
ORDER BY total.sales_date DESC
LIMIT :most;
