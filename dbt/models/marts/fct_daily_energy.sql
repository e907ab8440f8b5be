-- One row per local day and meter that has points.
{{ config(
    materialized='incremental',
    incremental_strategy='append',
    on_schema_change='fail',
    pre_hook='{{ delete_days() }}',
) }}

{% set zone = "'" ~ env_var('TZ', 'Asia/Tokyo') ~ "'" %}

with readings as (
    select
        date_jst,
        source,
        ts_utc,
        instant_power_w,
        energy_import_kwh,
        energy_import_kwh
        - lag(energy_import_kwh ignore nulls) over (partition by date_jst, source order by ts_utc) as rise_kwh
    from {{ ref('stg_meter_readings') }}
    where {{ within_days() }}
),

dates as (
    select distinct date_jst from readings
),

-- Clocks change by quarters of an hour, and in some zones at midnight: a day is all quarters that bear its date.
quarters as (
    select
        date_jst,
        unnest(generate_series(
            date_jst - interval 1 day, date_jst + interval 2 day, interval 15 minute
        )) as begins_utc
    from dates
),

days as (
    select
        date_jst,
        min(begins_utc) as begins_utc,
        count(*) // 2 as half_hours_of_day
    from quarters
    where cast(begins_utc at time zone 'UTC' at time zone {{ zone }} as date) = date_jst
    group by date_jst
)

select
    date_jst,
    source,
    -- fsum: the same result in whatever order the rows come.
    cast(
        case
            when bool_or(rise_kwh < 0) then coalesce(fsum(rise_kwh) filter (where rise_kwh > 0), 0)
            else max(energy_import_kwh) - min(energy_import_kwh)
        end
        as decimal(18, 6)
    ) as daily_energy_kwh,
    coalesce(bool_or(rise_kwh < 0), false) as counter_fell,
    max(instant_power_w) as peak_w,
    count(*) as points,
    -- Not epoch_ms: it rounds the last half of a millisecond up, into the next half-hour.
    cast(count(distinct epoch_us(ts_utc - begins_utc) // 1800000000) as integer) as half_hours,
    cast(half_hours_of_day as integer) as half_hours_of_day
from readings
inner join days using (date_jst)
group by date_jst, source, half_hours_of_day
