"""As `etl.sentences`, of sources over HTTP and of files; InfluxDB's are in `etl.sentences_of_archive`."""

from etl.language import N_

# Over HTTP: what was asked of whom stands before these as it is: GET or POST, and the address.
REDIRECTED = N_("redirected to %(target)s")

# What came.
STATUS = N_("status %(code)s: ")
NO_CONNECTION = N_("no connection within %(seconds)s s")
LATE = N_("no whole answer within %(seconds)s s")
TOO_LARGE = N_("more than %(megabytes)s MB")
HEADERS_CUT = N_("the headers break off")
CURL_ERROR = N_("error %(code)s of curl")
NOT_PUBLIC = N_("its address %(address)s is not a public one")
OTHER_CODING = N_("Content-Encoding %(coding)s, which was not asked for")
BROKEN_GZIP = N_("broken gzip")
CUT_GZIP = N_("gzip that breaks off")
LONG_GZIP = N_("gzip with something behind it")
POST_REDIRECTS = N_("redirects to %(target)s")
TOO_MANY_REDIRECTIONS = N_("more than %(count)s redirections")
REDIRECTS_NOWHERE = N_("redirects to no address that can be asked: ")
REDIRECTS_TO_PLAIN = N_("redirects from https to %(target)s")
TRIED = N_("(after %(count)s tries)")
NO_TIME_TO_TRY = N_("(the next try would be in %(seconds)s s, later than the time it has)")

# What cannot be asked.
NO_ADDRESS = N_("no address that can be asked: ")
NEITHER_SCHEME = N_("%(scheme)s is neither http nor https")
NO_HEADER = N_("header %(header)s cannot be sent")
HEADER_OF_OURS = N_("header %(header)s is not for a source to set")

# What to do.
RUN_LATER = N_("run again later, or ask who runs it")
ASK_OWNER = N_("ask who runs it")
CHECK_CREDENTIALS = N_("check its credentials")
CHECK_NAME = N_("check the name")
CHECK_PORT = N_("check that it runs, and its port")
CHECK_TLS = N_("check that it speaks TLS at that port")
CHECK_HTTP = N_("check that it speaks HTTP")
CHECK_ADDRESS = N_("check the address")
CHECK_PARAMETERS = N_("check the address and its parameters")
CHECK_CA_FILE = N_("check SOURCE_CA_FILE")
CORRECT_CERTIFICATE = N_("have its certificate put right; SOURCE_CA_FILE names certificates of your own")
ALLOW_NETWORK = N_("if that is meant, add its network to SOURCE_ALLOWED_NETWORKS")
GIVE_TIME = N_("give it more time, or ask for less at a time")
ASK_FOR_LESS = N_("ask for less at a time, or raise SOURCE_MAX_MB")
GIVE_TARGET = N_("give that address: a POST is not sent on")
GIVE_LAST = N_("give the address that answers")
WRITE_ADDRESS = N_("write an address such as https://example.com/readings, without a user")
WRITE_HEADER = N_("write a name, and a value of one line")
LEAVE_OUT = N_("leave it out")

# Sources that were added, and what is asked of them.
DELETED = N_("the source was deleted meanwhile")
CONFIG = N_("config of the source: ")
NOT_BELOW_ROOT = N_("write a path below SOURCE_FILE_ROOT, without .. in it, such as prices/*.csv")
NO_POINTER = N_("write a JSON pointer such as /data/items")
POINTER_ELSEWHERE = N_("records: a pointer leads into json, not into %(format)s")
NOT_WITH_JOB = N_("%(option)s: not with --job %(job)s; its sources say what is read, and how")
NO_SUCH_SOURCE = N_("--sources %(source)s: no active source of %(job)s has this name")
FETCHED_ALREADY = N_("%(source)s is being fetched already; its task waits")

# Files.
NO_ROOT = N_("%(folder)s is not there: SOURCE_FILE_ROOT names the folder of the files")
NO_FILE = N_("%(file)s is not there: put it below %(folder)s")
LONG_NAME = N_("%(file)s: a path may have %(most)s bytes of UTF-8; rename it")

# What was found in a body. None ends with a value: it stands in quotes.
CUT_OFF = N_("it is cut off")
TOO_DEEP = N_("nested too deep")
NO_JSON = N_("%(name)s is no JSON")
AT_CHARACTER = N_("character %(place)s: ")
MORE_VALUES = N_("character %(place)s: more than one value")
MARK_MISSING = N_("character %(place)s: %(mark)s is missing")
