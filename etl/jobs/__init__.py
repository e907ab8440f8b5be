"""The jobs; this is the only list of them."""

from etl.jobs.consumption import job as consumption
from etl.jobs.daily_sales import job as daily_sales
from etl.runs.job import Job

JOBS: dict[str, type[Job]] = {job.name: job for job in (consumption.Consumption, daily_sales.DailySales)}
# The kinds of the inbox, for --sources.
SOURCES = (*consumption.SOURCES, *daily_sales.SOURCES)
