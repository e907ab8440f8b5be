"""The jobs; this is the only list of them."""

from etl.jobs.base import Job
from etl.jobs.consumption import Consumption

JOBS: dict[str, type[Job]] = {job.name: job for job in (Consumption,)}
