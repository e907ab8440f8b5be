"""As `etl.sentences`, of the archive of meters: InfluxDB, Parquet, DuckDB and dbt."""

from etl.language import N_

# What was asked of InfluxDB, what came, and what to do; between them may stand what others say.
INFLUX = N_("InfluxDB at %(url)s, ")
ASKED_POINTS = N_("asked for %(measurement)s from %(since)s to %(until)s")
ASKED_TAGS = N_("asked for the tags")
ASKED_MEASUREMENTS = N_("asked for its measurements")
CONNECTION_CUT = N_("the connection broke off in the middle of the answer")
ANSWER_CUT = N_("the answer broke off")
SILENT = N_("nothing came for %(seconds)s s")
NO_ANSWER = N_("this is no answer of InfluxDB: ")
TEXT = N_("%(field)s is text at %(moment)s")
TRUE_OR_FALSE = N_("%(field)s is true or false at %(moment)s")
NO_MEASUREMENT = N_("database %(database)s has no measurement %(measurement)s")
NO_FIELDS = N_("measurement %(measurement)s has none of the fields %(fields)s")
OTHER_POLICY = N_("retention policy %(policy)s has points, and the default one has none")
CHECK_URL = N_("check INFLUX_URL")
CHECK_SERVER = N_("check INFLUX_URL, and that InfluxDB runs")
CHECK_BUCKET = N_("check INFLUX_BUCKET")
CHECK_MAPPING = N_("check INFLUX_BUCKET: InfluxDB 2 needs a DBRP mapping of that name")
CHECK_MEASUREMENT = N_("check INFLUX_MEASUREMENT and INFLUX_BUCKET")
CHECK_LOGIN = N_("check INFLUX_TOKEN, or INFLUX_USERNAME and INFLUX_PASSWORD")
LET_READ = N_("give that user READ on the database of INFLUX_BUCKET")
RAISE_TIMEOUT = N_("raise query-timeout in InfluxDB's configuration")
RAISE_LIMIT = N_("raise that limit in InfluxDB's configuration")
SEE_INFLUX_LOG = N_("look at the log of InfluxDB")
SEE_INFLUX = N_("look at what InfluxDB is doing, and run again")
CHECK_FIELDS = N_("check INFLUX_MEASUREMENT, and what writes it")
MAKE_DEFAULT = N_("make that retention policy the default of the database")
WRITE_NUMBERS = N_("have numbers written, and delete what is none")
RUN_AGAIN = N_("run again")

# Settings.
USER_IN_URL = N_("INFLUX_URL: leave out the user, INFLUX_USERNAME and INFLUX_PASSWORD are for that")
NO_URL = N_("INFLUX_URL=%(url)s: write an address such as http://influxdb:8086")
NO_SUCH_USERS = N_("ARCHIVE_USER_MAP: %(pairs)s: no such user; add it to user_data.csv first")
NOT_INSTALLED = N_(
    "%(names)s: not installed; make archive installs requirements-archive.txt and runs this job"
)

# The stores.
WOULD_SHRINK = N_(
    "InfluxDB has %(points)s points of %(day)s, the archive %(archived)s: its retention may have dropped"
    " them; the archived day stays; --allow-shrink replaces it nevertheless"
)
DAY_LOST = N_("%(day)s: Parquet has %(points)s points, %(archived)s were archived; archive it again")
NO_PARQUET = N_("%(file)s: %(reason)s; move it away and archive its day again")
NOT_WRITTEN = N_("%(file)s: %(reason)s; put this right, then run again")
DUCKDB_IN_USE = N_("%(file)s: process %(pid)s (%(program)s) has it open; wait for its end, then run again")
DUCKDB_FAILED = N_("%(file)s: DuckDB: %(reason)s; put this right, then run again")
DBT_NOT_STARTED = N_("dbt cannot be started: %(reason)s; put that right, then run again")
DBT_FAILED = N_("dbt failed: %(reason)s; see %(log)s, put that right, then run again")
MORE_FAILED = N_("(and %(count)s more): ")
ENDED_WITH = N_("it ended with %(code)s")

# What `verify` finds, by the name of a figure in its messages.
NOT_MODELLED = N_("dbt has not modelled it yet")
POINTS_DIFFER = N_("points: Parquet %(first)s, %(store)s %(second)s")
POWER_DIFFERS = N_("sum of W: Parquet %(first)s, %(store)s %(second)s")
IMPORT_DIFFERS = N_("sum of imported kWh: Parquet %(first)s, %(store)s %(second)s")
EXPORT_DIFFERS = N_("sum of exported kWh: Parquet %(first)s, %(store)s %(second)s")
ENERGY_DIFFERS = N_("kWh: Parquet %(first)s, %(store)s %(second)s")
PEAK_DIFFERS = N_("peak W: Parquet %(first)s, %(store)s %(second)s")

# Checks.
NOT_ASKED_FOR = N_("energy of %(day)s: it was not asked for")
NOT_ARCHIVED = N_("energy of %(day)s: the day is not archived")
SOURCES_DIFFER = N_(
    "energy of %(day)s: its %(sources)s sources have %(added)s kWh and %(points)s points; its total says"
    " %(all_sources)s, %(all_kwh)s and %(all_points)s"
)
