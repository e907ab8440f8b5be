"""Every sentence that says why a run failed or was refused, with places for its values.

Logs, history, alerts and the API keep them in English. Page and console know each by its pattern and say it
in the reader's language (`etl.runs.in_words`). Those of SQL are written there as well, those of the
archive are in `etl.sentences_of_archive`, those of other sources in `etl.sentences_of_sources`.
"""

from etl.language import N_

# Units of work and their files.
ROLLED_BACK = N_("%(unit)s rolled back: ")
LOADED_BUT_FOR = N_("%(unit)s loaded but for ")
FAULTS = N_("%(count)s faults (%(kinds)s); first: ")
ONE_FAULT = N_("1 fault (%(kinds)s); first: ")
NO_FOLDER = N_("%(folder)s: %(reason)s; make it a readable folder")
OTHER_DATASET = N_(
    "this database was first loaded with TZ=%(first_tz)s and CONSUMPTION_UNIT=%(first_unit)s, this run has"
    " TZ=%(tz)s and CONSUMPTION_UNIT=%(unit_now)s; set them as they were"
)

# First lines of files.
EMPTY_LINE = N_("the first line is empty")
EMPTY_FILE = N_("the file is empty")
OPEN_QUOTE = N_("a quote in the first line is out of place or not closed")
TWO_LAYOUTS = N_("the columns are %(columns)s or %(others)s")
ONE_LAYOUT = N_("the columns are %(columns)s")
CAPITALS = N_("write the names of the columns in small letters")
NO_HEADER = N_("the first line looks like data: put the header above it")
MISSING = N_("missing: %(names)s")
NOT_KNOWN = N_("not known: %(names)s")
MORE_THAN_ONCE = N_("more than once: %(names)s")

# Users.
WOULD_SHRINK = N_(
    "user_data.csv would depart %(departed)s of %(current)s users: it must list ALL current users;"
    " if this is meant, run again with --allow-shrink"
)
OUT_OF_ORDER = N_(
    "out_of_order: user_data.csv is for %(day)s, but users changed on %(newest)s already;"
    " run it with --date %(newest)s or later"
)
CHECKED_BEFORE = N_("the readings were checked against the users stored before")

# Readings and orders.
TOO_MANY_PARTITIONS = N_(
    "these readings need more than %(most)s new partitions; if the dates are right,"
    " raise MAX_NEW_PARTITIONS and run again"
)
NO_COMMIT = N_(
    "somebody has been inserting into raw_orders for a minute without a commit; end that and run again"
)
SAME_ORDERS = N_("somebody inserts the same orders at this moment; run again")

# Checks: what they find is an error of the program, or a change behind its back.
NO_BALANCE = N_("%(unit)s do not balance: ")
ROWS_LOST = N_("%(sent)s rows were sent to %(table)s, %(arrived)s arrived")
NO_CONTRACT = N_("user %(user)s has no contract; every user has one from the first day on")
OF_CHECKS = (
    N_("user %(user)s: the file says (%(file)s), the open contract (%(contract)s)"),
    N_("readings moved between contracts leave %(readings)s readings and %(energy)s Wh over"),
    N_(
        "inserted %(inserted)s readings, booked %(in_cells)s in cells (%(cells_wh)s Wh)"
        " and %(in_totals)s in user totals (%(totals_wh)s Wh)"
    ),
    N_("sales of %(day)s: counted %(counted)s orders, but %(due)s have their newest version on that day"),
    N_(
        "sales of %(day)s: its products have %(orders)s orders, %(pieces)s pieces and %(gross)s yen gross,"
        " %(cancelled)s cancelled, %(net)s net; its total says %(all_orders)s, %(all_pieces)s and"
        " %(all_gross)s, %(all_cancelled)s, %(all_net)s"
    ),
)

# What `verify` finds.
OF_VERIFY = (
    N_(
        "load_by_date %(day)s hour %(hour)s area %(area)s tariff %(tariff)s: stored %(stored)s readings"
        " %(stored_wh)s Wh, the readings give %(found)s and %(found_wh)s Wh"
    ),
    N_(
        "load_profile weekday %(weekday)s hour %(hour)s area %(area)s tariff %(tariff)s: stored %(stored)s"
        " readings %(stored_wh)s Wh, the readings give %(found)s and %(found_wh)s Wh"
    ),
    N_(
        "user_segment area %(area)s tariff %(tariff)s active %(active)s: stored %(stored)s users,"
        " the contracts give %(found)s"
    ),
    N_(
        "user_total %(user)s: stored %(stored)s readings %(stored_wh)s Wh last %(stored_last)s in segment"
        " %(stored_segment)s, the readings and contracts give %(found)s and %(found_wh)s Wh last"
        " %(found_last)s in segment %(found_segment)s"
    ),
)

# How a run ended.
MOVE_FAILED = N_(
    "the data is committed, but %(file)s cannot be moved to %(folder)s: %(reason)s; %(left)s files stay in"
    " the inbox, put this right and the next run takes them up as repeats"
)
INTERRUPTED_AFTER_COMMIT = N_(
    "interrupted after the commit: the data is in; the next run takes up files that are left, as repeats"
)
LOST = N_("the connection to the database was lost; nothing of this run was kept, run it again")
LOST_DURING_COMMIT = N_(
    "the connection was lost during the commit: whether it took effect is not known yet;"
    " run it again, nothing is loaded twice"
)
LOST_AFTER_COMMIT = N_(
    "the connection was lost after the commit: the data is in; the next run takes up the files, as repeats"
)
ENDED_BY_ANOTHER = N_("this run was marked as ended by somebody else; nothing of it was kept")
ABANDONED = N_("abandoned: its process ended without a word; the next run takes up what was left")
ABANDONED_BEFORE = N_("abandoned: its process ended without a word; the next run took up what was left")
OVERTAKEN = N_("abandoned: another run of this job began before its process did; ask for it again")
NOT_TAKEN_UP = N_("abandoned: no process took it up within %(seconds)s s; see triggered.log in LOG_DIR")
ENDED_EARLY = N_("its process ended with %(code)s before the run began; see triggered.log in LOG_DIR")
NO_PROCESS = N_("its process cannot be started: ")
DATABASE = N_("database: ")
INTERNAL = N_("internal error, please report it: %(what)s (see LOG_DIR)")

# Why a run could not begin.
RUNNING = N_("%(job)s is running already, or was a moment ago; wait for it to end")
RUNNING_SINCE = N_("%(job)s is running already: %(who)s, since %(begun)s; wait for it to end")
NOT_WAITING = N_("run %(run)s was not asked for, or given up meanwhile; nothing was done, ask for it again")
NOT_AS_ASKED = N_("run %(run)s cannot be run as it was asked for: %(reason)s; ask again")
NO_URL = N_(
    "DATABASE_URL is no connection URL; write postgresql://user:password@host:5432/database, with special"
    " characters of the password percent-encoded; check the setting and that the server runs"
)
NO_ANSWER = N_("no database answers at DATABASE_URL: %(reason)s; check the setting and that the server runs")
OLD_SERVER = N_("the server is PostgreSQL %(found)s; Meterhouse needs 17 or newer")
NO_SCHEMA = N_("the schema cannot be made: %(reason)s; the role of DATABASE_URL must own the database")
NEWER_SCHEMA = N_("this database has schema version %(found)s, newer than this Meterhouse; update it")
FOREIGN_DATABASE = N_(
    "%(old)s holds a database that another user may have written; if it is yours, stop its server and"
    " move it to %(home)s by hand, else remove it; then run again"
)
NOT_MOVED = N_(
    "the database in %(old)s could not be moved to %(home)s (%(reason)s); stop what uses it"
    " (make stop), move it by hand, then run again"
)
IN_USE = N_("a server of another container or user works in it")
NO_START = N_("the embedded PostgreSQL in %(home)s does not start (%(reason)s); see %(log)s")
LONG_PATH = N_(
    "%(home)s: this path is too long for a local socket (%(most)s bytes at most);"
    " set STATE_DIR to a shorter path or DATABASE_URL to a server"
)
RECOVERING = N_("the embedded PostgreSQL in %(home)s is still recovering; try again later, see %(log)s")
OTHER_SERVER = N_("a server of another container or user works in %(home)s; set DATABASE_URL to it")
NO_ROLE = N_("%(file)s: it holds no role; remove it and run the batch, which makes another")

# What was asked for, on the command line, in the form or with the API.
NO_DATE = N_("write a date like 2026-04-01")
NO_USER_ID = N_("write a user id: digits without a leading zero, up to 9223372036854775807")
DATE_OUTSIDE = N_("write a date from %(first)s to today, %(last)s")
TWO_WAYS = N_("write either date, or %(start)s with %(end)s")
ONE_END = N_("%(start)s and %(end)s go together; both ends are included")
WRONG_WAY_ROUND = N_("%(start)s is after %(end)s")
SOURCES_ARE = N_("the sources are: %(names)s")
JOBS_ARE = N_("the jobs are: %(names)s")
ONLY_BY_USER = N_("with %(users)s only %(names)s is read")
NO_FILES_OF_USERS = N_("only %(names)s reads the files of users")
JOB_READS = N_("%(job)s reads %(names)s")
WHOLE_DAYS = N_("%(job)s needs whole days: write dates before %(today)s")
NOT_VERIFIABLE = N_("--job %(job)s: there is nothing to verify")
ONE_COMMAND = N_("%(names)s are commands; run one after the other")
LOG_OR_JSON = N_("--log-stdout would stand between the lines of --json; write one of them")
RUN_ID_ALONE = N_("--run-id takes a run that was asked for in the viewer: its row has the options")

# Settings.
NO_ENV_FILE = N_("%(file)s: %(reason)s; make it a readable file in UTF-8")
ONE_OF = N_("write one of %(names)s")
AT_LEAST = N_("write a whole number of at least %(least)s")
NO_ZONE = N_("write a zone name such as Asia/Tokyo")
NEVER_DUE = N_("write a cron expression of five fields that is due some day, such as 30 0 * * *")
FIVE_FIELDS = N_("write five fields, such as 30 0 * * *")
NO_WEB_ADDRESS = N_("write an address that begins with https:// or http://")
NO_NETWORKS = N_("write networks such as 10.1.0.0/16,fd00::/8, with nothing behind the prefix")
NO_MEMORY = N_("write a size such as 512MB or 1GB")
NO_USER_MAP = N_("write each meter and its user, such as meter1=3000,meter2=3001")
MAPPED_TWICE = N_("write each meter once, and each user once")
RUNS_GONE_EARLY = N_(
    "keep runs as long as their completion folders (COMPLETION_RETENTION_DAYS=%(days)s):"
    " the history says which of these may go"
)
STATE_IN_INBOX = N_("the upstream system may write in DATA_DIR=%(inbox)s; set it to a folder outside of that")
NO_STATE = N_("%(reason)s; set it to a folder that can be written")
STATE_OF_OTHERS = N_(
    "it belongs to user %(owner)s and not to you (%(user)s);"
    " start the program as that user, or set STATE_DIR to a folder of your own"
)
STATE_OPEN = N_(
    "other users may write in it, and so run code as you; look at what lies in it, then: chmod go-w"
)
