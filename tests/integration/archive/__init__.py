"""The meter archive, with a real InfluxDB."""
