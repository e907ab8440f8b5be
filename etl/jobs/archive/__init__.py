"""The job archive: points of meters from InfluxDB into Parquet, DuckDB, dbt's models and PostgreSQL."""
