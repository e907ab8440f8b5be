{#- The days to build, of the variable `days`: a list of dates such as 2026-04-01. Without it: all. -#}
{% macro within_days() -%}
    {%- set days = var('days', none) -%}
    {%- if days is none -%}
        true
    {%- else -%}
        {#- DuckDB skips what lies outside of a range, and reads all rows to look for them in a list. -#}
        date_jst between date '{{ days | min }}' and date '{{ days | max }}'
        and date_jst in ({% for day in days %}date '{{ day }}'{{ ', ' if not loop.last }}{% endfor %})
    {%- endif -%}
{%- endmacro %}

{#- A key would keep the rows of a day that has none any more: so the days go before they are built. -#}
{% macro delete_days() -%}
    {%- if is_incremental() -%}
        delete from {{ this }} where {{ within_days() }}
    {%- endif -%}
{%- endmacro %}

{#- What every generic test reads (dbt asks for this name): the days that were built, however many there are. -#}
{% macro get_where_subquery(relation) -%}
    {%- do return('(select * from ' ~ relation ~ ' where ' ~ within_days() ~ ') as built') -%}
{%- endmacro %}
