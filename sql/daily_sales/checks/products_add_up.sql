-- name: products_add_up(day)
-- Complaints: the products of the day add up to its total, and there is a total.
SELECT
    format(
        'sales of %%s: its products have %%s orders, %%s pieces and %%s yen gross, %%s cancelled, %%s net;'
        ' its total says %%s, %%s and %%s, %%s, %%s',
        :day, product.orders, product.quantity, product.gross, product.cancelled, product.net,
        total.orders, total.quantity, total.gross, total.cancelled, total.net
    ) AS complaint
FROM (
    SELECT
        coalesce(sum(orders), 0) AS orders,
        coalesce(sum(quantity), 0) AS quantity,
        coalesce(sum(gross), 0) AS gross,
        coalesce(sum(cancelled), 0) AS cancelled,
        coalesce(sum(net), 0) AS net
    FROM daily_sales
    WHERE sales_date = :day AND product IS NOT NULL
) AS product
LEFT JOIN daily_sales_total AS total ON total.sales_date = :day
WHERE
    (product.orders, product.quantity, product.gross, product.cancelled, product.net)
    IS DISTINCT FROM (total.orders, total.quantity, total.gross, total.cancelled, total.net);
