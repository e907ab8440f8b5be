"""The job `daily_sales`: orders, and the sales of a day."""
