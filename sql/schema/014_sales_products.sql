-- The sales of each product, and which computed days got orders since, for readers.

CREATE VIEW web.daily_sales_product AS
SELECT
    sales_date,
    product,
    orders,
    customers,
    quantity,
    gross,
    cancelled,
    net
FROM public.daily_sales
WHERE product IS NOT NULL;
COMMENT ON VIEW web.daily_sales_product IS
'One row per computed sales date and product, in yen; customers of products do not add up.';

-- From one date to the next by the key: a date has a row for each transaction that brought it orders.
CREATE VIEW web.late_sales_date AS
WITH RECURSIVE touched (sales_date) AS (
    SELECT min(sales_date)
    FROM public.touched_sales_date
    UNION ALL
    SELECT
        (
            SELECT min(later.sales_date)
            FROM public.touched_sales_date AS later
            WHERE later.sales_date > touched.sales_date
        )
    FROM touched
    WHERE touched.sales_date IS NOT NULL
)

SELECT touched.sales_date
FROM touched
INNER JOIN public.daily_sales_total AS computed ON touched.sales_date = computed.sales_date;
COMMENT ON VIEW web.late_sales_date IS 'One row per computed sales date that got orders since.';

DO $$
BEGIN
    GRANT SELECT ON web.daily_sales_product, web.late_sales_date TO meterhouse_web;
EXCEPTION
    WHEN undefined_object OR insufficient_privilege THEN NULL;
END $$;
