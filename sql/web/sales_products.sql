-- name: sales_products(start_date, end_date, most)
-- One row per product of the computed dates of the period, the most sold first, with the number of products.
SELECT
    product,
    sum(orders) AS orders,
    sum(quantity) AS quantity,
    sum(gross) AS gross,
    sum(cancelled) AS cancelled,
    sum(net) AS net,
    count(*) OVER () AS products
FROM web.daily_sales_product
WHERE sales_date BETWEEN :start_date::date AND :end_date::date
GROUP BY product
ORDER BY net DESC, product ASC
LIMIT :most;
