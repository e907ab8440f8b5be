-- One row per point of a meter. A counter of exactly 0.0 stands for one that was not sent.
select
    ts_utc,
    ts_jst,
    cast(ts_jst as date) as date_jst,
    source,
    instant_power_w,
    nullif(energy_import_kwh, 0.0) as energy_import_kwh,
    nullif(energy_export_kwh, 0.0) as energy_export_kwh,
    ingested_at
from {{ source('archive', 'raw_meter_readings') }}
