"""Files whose last line has no end: nobody can tell a cut number from a whole one."""

from etl.inbox.chunks import Chunk, count_line_ends

KEPT = 100


class Unfinished:
    """Such files, counted exactly; the first 100 are kept by name and line."""

    def __init__(self) -> None:
        self.count = 0
        self.labels: list[str] = []

    def look_at(self, name: str, last: Chunk) -> None:
        """Note a file if its last chunk does not end with its line.

        Parameters
        ----------
        name : str
            The file as the inbox names it.
        last : Chunk
            Its last lines; none: the file is empty.
        """
        if not last.data or last.data.endswith((b"\n", b"\r")):
            return
        line = last.first_line + count_line_ends(last.data)
        if line == 1:
            return  # a header that is cut off is a wrong one
        self.count += 1
        if len(self.labels) < KEPT:
            self.labels.append(f"{name}:{line}")
