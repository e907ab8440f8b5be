-- Each day and meter of the fact has its points in staging, and the other way round: rows are what differs.
with counted as (
    select
        date_jst,
        source,
        count(*) as points
    from {{ ref('stg_meter_readings') }}
    where {{ within_days() }}
    group by date_jst, source
),

told as (
    select
        date_jst,
        source,
        points
    from {{ ref('fct_daily_energy') }}
    where {{ within_days() }}
)

select
    date_jst,
    source,
    counted.points as counted,
    told.points as told
from counted
full outer join told using (date_jst, source)
where counted.points is distinct from told.points
