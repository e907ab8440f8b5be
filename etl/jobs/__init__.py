"""The jobs; this is the only list of them."""

from etl.jobs import consumption, daily_sales
from etl.jobs.base import Job
from etl.jobs.consumption import Consumption
from etl.jobs.daily_sales import DailySales

JOBS: dict[str, type[Job]] = {job.name: job for job in (Consumption, DailySales)}
# The kinds of the inbox, for --sources.
SOURCES = (*consumption.SOURCES, *daily_sales.SOURCES)
