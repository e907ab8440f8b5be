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

(select * from counted except select * from told)
union all
(select * from told except select * from counted)
