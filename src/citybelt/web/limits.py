"""What one user and all users together may ask of a server: sizes, times, numbers."""

from __future__ import annotations

BODY = 262_144  #: bytes of a JSON request
UPLOAD = 1_048_576  #: bytes of an uploaded file
HEAD_SECONDS = 10.0  #: for the head of a request to arrive, and for any of an answer to be taken
BODY_SECONDS = 15.0  #: for a request's body to arrive
SOLVE_SECONDS = 30.0  #: for an answer, waiting included
LOOK_SECONDS = 0.5  #: from one look to the next whether anybody waits for an answer
SOLVERS = 2  #: answers computed at the same time
WAITING = 100  #: answers that wait for their turn; beyond, the server says that it is full
PER_SESSION = 8  #: answers that one session may wait for
STREAMS = 6  #: streams of events of one session
JOBS_RUNNING = 1  #: long work at the same time; it uses every core
JOBS_WAITING = 12  #: long work of all sessions that waits
JOBS_PER_SESSION = 4  #: unfinished long work of one session
JOBS_KEPT = 20  #: finished long work of one session whose results are kept
JOB_SECONDS = 3600.0  #: for one piece of long work
DRAFTS = 50  #: drafts of one session
SCENARIOS = 200  #: saved scenarios of one session
SESSIONS = 5_000  #: sessions that may keep something on one server
ANSWERS = 512  #: answers kept in memory
STATES = 128  #: equilibria kept as starting points
PARSE_SECONDS = 20.0  #: for reading an uploaded file
PARSE_BYTES = 4_000_000_000  #: of memory for that
EXPORTS = 10  #: files that are being written at the same time, waiting ones included
EXPORTS_PER_SESSION = 2  #: of them, of one session
TEXT = 200  #: letters of a name
NOTE = 4_000  #: letters of a note
